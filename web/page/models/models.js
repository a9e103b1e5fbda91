// Examples, models and classes to choose from, and the names of what a model can make.
import { block, make } from '../base/dom.js';
import { firstView, isEndless, reachable, refusal } from '../base/world.js';
import { isBaked } from './session.js';
import { examplesOf, thumbOfExample, thumbOfModel, thumbOfClass, without } from './thumbs.js';

/** @typedef {import('./library.js').Model} Model */
/** @typedef {import('../settings/state.js').Settings} Settings */

/** @param {Model|undefined} model @param {number|null} index */
export function className(model, index) {
  if (!model || index === null || model.classes.length === 0) return '';
  return model.classes[index] ?? '';
}

/**
 * The same for a world without end, which has no frame to be scaled.
 * @param {Settings} settings @param {import('../../engine/engine.js').ModelInfo} info @param {string[]} complaints
 */
function endless({ view, sampler, extend, size }, info, complaints) {
  if (view !== 'clean')
    complaints.push(`In a world without end there is no ${view} to be drawn; the picture itself is shown.`);
  if (sampler === 'heun')
    complaints.push('Heun’s method needs a frame, which this model has not; DPM-Solver++ 2M is used.');
  return {
    view: 'clean',
    sampler: sampler === 'heun' ? 'dpm2m' : sampler,
    extend: extend ?? firstView(info, size),
  };
}

/**
 * What must change in the settings for this model to be able to do as they say.
 * @param {Settings} settings @param {import('../../engine/engine.js').ModelInfo} info
 * @returns {{patch: Partial<Settings>, complaints: string[]}}
 */
export function fitted(settings, info) {
  const { class: index, view, size } = settings;
  /** @type {Partial<Settings>} */
  const patch = {};
  const complaints = [];
  if (info.n_classes > 0 && index !== null && index >= info.n_classes) {
    const range = `0 to ${info.n_classes - 1}`;
    complaints.push(
      `There is no class ${index}; this model has ${range}. It may choose for itself now.`,
    );
    patch.class = null;
  }
  if (isBaked(info)) patch.guidance = 1; // old links ask for what is in its answers now
  const level = /^blur(\d)$/.exec(view)?.[1];
  if (level && Number(level) >= info.n_levels) {
    complaints.push(`This model has no ${view}; the picture itself is shown.`);
    patch.view = 'clean';
  }
  const unable = refusal(info, size, settings.extend);
  if (unable) {
    complaints.push(`${unable} ${isEndless(info) ? 'Its first view is shown.' : 'The frame alone is computed.'}`);
    patch.extend = null;
  }
  if (isEndless(info)) Object.assign(patch, endless({ ...settings, ...patch }, info, complaints));
  const shown = { ...settings, ...patch };
  const window = reachable(shown, info);
  if (window !== shown.window) {
    complaints.push('The part asked for lies beyond what can be shown here; the nearest is shown.');
    patch.window = window;
  }
  return { patch, complaints };
}

/** A radio button in its label. @param {string} name @param {string} value @param {Node[]} content */
function choice(name, value, content) {
  return make('label', {}, make('input', { type: 'radio', name, value }), ...content);
}

/** @param {Model[]} models @param {Model} model */
const tile = (models, model) =>
  choice('model', model.id, [
    thumbOfModel(models, model),
    make('span', { className: 'name', textContent: model.title }),
  ]);

/** @param {Model} model @param {string} name @param {number} index */
const chip = (model, name, index) =>
  choice('class', String(index), [make('span', {}, thumbOfClass(model, index), name)]);

/** @param {HTMLElement} group @param {string} value */
function check(group, value) {
  for (const radio of group.querySelectorAll('input')) radio.checked = radio.value === value;
}

/**
 * @param {(id: string) => void} onModel
 * @param {(index: number|null) => void} onClass
 * @param {(example: import('./thumbs.js').Example) => void} onExample
 */
export function createPicker(onModel, onClass, onExample) {
  const tiles = block('models');
  const chips = block('chips');
  const classes = block('classes');

  tiles.addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement) onModel(event.target.value);
  });
  chips.addEventListener('change', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return;
    onClass(event.target.value === 'none' ? null : Number(event.target.value));
  });

  return {
    /** The strip of examples, which never change; what is here to be learned from shows none. @param {Model[]} models */
    showExamples(models) {
      const shown = examplesOf(models).map((example, index) => ({ ...example, index }));
      const buttons = shown.filter(({ model }) => !model.why).map(({ index, ...example }) => {
        const { model, class: kind, seed } = example;
        const label = [model.title, className(model, kind), `seed ${seed}`].filter(Boolean).join(', ');
        const one = make('button', { type: 'button', title: label }, thumbOfExample(models, index));
        one.setAttribute('aria-label', label);
        one.addEventListener('click', () => onExample(example));
        return one;
      });
      block('examples').replaceChildren(...buttons);
    },
    /** @param {Model[]} models @param {string} chosen */
    showModels(models, chosen) {
      const listed = models.map(({ id, title }) => `${id} ${title}`).join('\n');
      if (tiles.dataset.listed !== listed) tiles.replaceChildren(...models.map((model) => tile(models, model)));
      tiles.dataset.listed = listed;
      check(tiles, chosen);
      const { about = '', licence = '' } = models.find(({ id }) => id === chosen) ?? {};
      block('about').textContent = about;
      block('licence').textContent = licence;
    },
    /** @param {Model|undefined} model @param {number|null} chosen */
    showClasses(model, chosen) {
      const names = model?.classes ?? [];
      const listed = [model?.id, ...names].join('\n');
      classes.hidden = names.length === 0;
      if (model && chips.dataset.listed !== listed)
        chips.replaceChildren(
          ...names.map((name, index) => chip(model, name, index)),
          choice('class', 'none', [make('span', {}, without(), 'Anything')]),
        );
      chips.dataset.listed = listed;
      check(chips, chosen === null || chosen >= names.length ? 'none' : String(chosen));
    },
  };
}
