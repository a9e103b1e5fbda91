// The cards of the model picker, and the names of what a model can make.
import { block, make } from './dom.js';

/** @typedef {import('./library.js').Model} Model */

/** @param {Model|undefined} model @param {number|null} index */
export function className(model, index) {
  if (!model || index === null || model.classes.length === 0) return '';
  return model.classes[index] ?? '';
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
        const entries = names.map((name, i) => choice('class', String(i), [make('span', { textContent: name })]));
        chips.replaceChildren(...entries, choice('class', 'none', [make('span', { textContent: 'Anything' })]));
        chips.dataset.listed = names.join('\n');
      }
      check(chips, chosen === null || chosen >= names.length ? 'none' : String(chosen));
    },
  };
}
