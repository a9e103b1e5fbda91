// Small pictures to choose by. Each is one of a strip of equal squares (web/thumbs, made by tools/thumbs.mjs).
import { make } from '../base/dom.js';

/** @typedef {import('./library.js').Model} Model */
/** @typedef {{model: Model, class: number|null, seed: bigint}} Example */

/** @param {string} strip @param {number} index @param {number} count */
function pictured(strip, index, count) {
  const thumb = make('span', { className: 'thumb' });
  thumb.style.backgroundImage = `url(thumbs/${strip}.webp)`;
  thumb.style.backgroundSize = `${100 * count}% 100%`;
  thumb.style.backgroundPosition = `${count > 1 ? (100 * index) / (count - 1) : 0}% 0`;
  return thumb;
}

/** In the place of a picture. */
export const without = () => make('span', { className: 'thumb none' });

/** All examples, in the order of the models: the order of their strip. @param {Model[]} models @returns {Example[]} */
export const examplesOf = (models) =>
  models.flatMap((model) =>
    (model.examples ?? []).map((example) => ({ model, class: example.class, seed: BigInt(example.seed) })),
  );

/** @param {Model[]} models @param {number} index */
export const thumbOfExample = (models, index) => pictured('examples', index, examplesOf(models).length);

/** What a model can do: its first example. @param {Model[]} models @param {Model} model */
export function thumbOfModel(models, model) {
  const index = examplesOf(models).findIndex((example) => example.model === model);
  return index < 0 ? without() : thumbOfExample(models, index);
}

/** One of a class. @param {Model} model @param {number} index */
export const thumbOfClass = (model, index) =>
  model.portraits === undefined ? without() : pictured(model.id, index, model.classes.length);
