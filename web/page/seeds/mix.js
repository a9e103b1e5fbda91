// Between two seeds: the second one, and how much of its noise.
import { block, button, input } from '../base/dom.js';
import { mark } from '../base/field.js';
import { print, quote, SETTINGS } from '../settings/state.js';
import { randomSeed } from '../settings/store.js';

/** @param {number} mix */
function mixWords(mix) {
  if (mix === 0) return 'Off: all of the first seed.';
  if (mix === 1) return 'All of the second seed.';
  return `${Math.round(100 * (1 - mix))} to ${Math.round(100 * mix)}: the noise lies between the two, and so does the picture.`;
}

/** @param {import('../settings/store.js').Store} store */
export function createMix(store) {
  const field = input('other-seed');
  const slider = input('mix');
  /** A second seed without a share of it would show nothing. @param {bigint} other */
  const choose = (other) => store.set({ other, mix: store.settings.mix || 0.5 });

  field.addEventListener('change', () => {
    const other = SETTINGS.other.parse(field.value.trim());
    const wrong = `Second seed ${quote(field.value)} is not possible; it must be ${SETTINGS.other.expects}.`;
    mark(field, other === undefined ? wrong : '');
    if (other !== undefined) return choose(other);
    field.value = print('other', store.settings.other);
  });
  slider.addEventListener('input', () => store.set({ mix: Number(slider.value) }));
  button('other-dice').addEventListener('click', () => choose(randomSeed()));

  return {
    /** Show the settings in force. */
    show() {
      const { other, mix } = store.settings;
      field.value = print('other', other);
      slider.value = String(mix);
      const words = mixWords(mix);
      slider.setAttribute('aria-valuetext', words);
      block('mix-words').textContent = words;
    },
  };
}
