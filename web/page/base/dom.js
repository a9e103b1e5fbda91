// Finding elements, with their type checked once at the start rather than assumed everywhere.

/**
 * @template {Element} T
 * @param {string} id @param {new () => T} type @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`index.html has no ${type.name} with id ${id}`);
  return element;
}

/** @param {string} id */
export const button = (id) => byId(id, HTMLButtonElement);
/** @param {string} id */
export const input = (id) => byId(id, HTMLInputElement);
/** @param {string} id */
export const block = (id) => byId(id, HTMLElement);

/** Words that are told often: what stands there already is not written again, since every writing lays the page out. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Partial<HTMLElementTagNameMap[K]>} [properties] @param {(Node|string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** Is this key press typed into something that wants the letter itself? @param {KeyboardEvent} event */
export function isTyping(event) {
  const target = event.target;
  if (target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && ['text', 'number', 'search'].includes(target.type);
}

/** What went wrong, as a sentence to be shown. @param {unknown} error */
export function sentence(error) {
  const text = error instanceof Error ? error.message : String(error);
  const ended = /[.!?]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}

/** @param {unknown} error */
export const isAbort = (error) => error instanceof Error && error.name === 'AbortError';

/** Does the visitor ask for less motion? */
export const calm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Whatever a hand does, wherever. @param {(event: Event) => void} listener */
export function onTouch(listener) {
  for (const type of ['pointerdown', 'wheel', 'keydown'])
    addEventListener(type, listener, { passive: true, capture: true });
}
