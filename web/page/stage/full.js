// The picture in all of the window: the rest of the page steps aside.
import { button } from '../base/dom.js';

export function createFull() {
  const switcher = button('full');
  const root = document.documentElement;
  const words = () => (full.on ? 'Leave the full window' : 'Full window');

  const full = {
    get on() {
      return root.classList.contains('full');
    },
    toggle() {
      root.classList.toggle('full');
      switcher.setAttribute('aria-pressed', String(full.on));
      switcher.setAttribute('aria-label', words());
      switcher.title = `${words()} (key F)`;
    },
  };
  switcher.addEventListener('click', full.toggle);
  return full;
}
