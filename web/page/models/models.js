// The cards of the model picker, and the names of what a model can make.
import { block, make } from '../base/dom.js';
import { firstView, isEndless, reachable, refusal } from '../base/world.js';

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

/** A radio button with its label as a chip or card. @param {string} name @param {string} value @param {Node[]} content */
function choice(name, value, content) {
  return make('label', {}, make('input', { type: 'radio', name, value }), ...content);
}

/** @param {Model} model */
function card({ id, title, about, licence }) {
  const lines = [
    make('strong', { textContent: title }),
    make('span', { textContent: about }),
    make('small', { textContent: licence }),
  ];
  return choice('model', id, [make('span', { className: 'card' }, ...lines)]);
}

/** @param {HTMLElement} group @param {string} value */
function check(group, value) {
  for (const radio of group.querySelectorAll('input')) radio.checked = radio.value === value;
}

/**
 * @param {(id: string) => void} onModel
 * @param {(index: number|null) => void} onClass
 */
export function createPicker(onModel, onClass) {
  const cards = block('models');
  const chips = block('chips');
  const classes = block('classes');

  cards.addEventListener('change', (event) => {
    if (event.target instanceof HTMLInputElement) onModel(event.target.value);
  });
  chips.addEventListener('change', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return;
    onClass(event.target.value === 'none' ? null : Number(event.target.value));
  });

  return {
    /** @param {Model[]} models @param {string} chosen */
    showModels(models, chosen) {
      const listed = models.map(({ id, title, about }) => [id, title, about].join(' ')).join('\n');
      if (cards.dataset.listed !== listed) cards.replaceChildren(...models.map(card));
      cards.dataset.listed = listed;
      check(cards, chosen);
    },
    /** @param {Model|undefined} model @param {number|null} chosen */
    showClasses(model, chosen) {
      const names = model?.classes ?? [];
      classes.hidden = names.length === 0;
      if (chips.dataset.listed !== names.join('\n')) {
        const entries = names.map((name, i) =>
          choice('class', String(i), [make('span', { textContent: name })]),
        );
        chips.replaceChildren(
          ...entries,
          choice('class', 'none', [make('span', { textContent: 'Anything' })]),
        );
        chips.dataset.listed = names.join('\n');
      }
      check(chips, chosen === null || chosen >= names.length ? 'none' : String(chosen));
    },
  };
}
