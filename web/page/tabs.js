// The tabs beside the picture: one panel at a time, arrow keys from one to the next.
import { block, button } from './base/dom.js';

const NAMES = /** @type {const} */ (['settings', 'edit', 'compare', 'inside', 'own']);

/** @typedef {typeof NAMES[number]} Name */

/** @param {Partial<Record<Name, () => void>>} onShow what else is to be done when a panel comes into view */
export function createTabs(onShow) {
  /** @param {Name} name */
  function show(name) {
    for (const other of NAMES) {
      const tab = button(`tab-${other}`);
      tab.setAttribute('aria-selected', String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
      block(`panel-${other}`).hidden = other !== name;
    }
    onShow[name]?.();
  }
  for (const name of NAMES) button(`tab-${name}`).addEventListener('click', () => show(name));
  block('tabs').addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    const at = NAMES.findIndex((name) => event.target === button(`tab-${name}`));
    if (by === 0 || at < 0) return;
    event.preventDefault();
    const next = NAMES[(at + by + NAMES.length) % NAMES.length];
    show(next);
    button(`tab-${next}`).focus();
  });
  return { show };
}
