// A field that is filled in: what cannot be is brought to the nearest that can, marked, and said in one line beside it.
import { make } from './dom.js';

/** The number that this text means or comes nearest to; a comma may be the decimal point. @param {string} text @param {number} low @param {number} high */
export function nearest(text, low, high) {
  const plain = text.trim().replace(/[\s_]/g, '').replace(',', '.');
  const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN;
  return Number.isNaN(value) ? undefined : Math.max(low, Math.min(value, high));
}

/** @param {HTMLInputElement} field @param {string} text what is wrong with it; nothing is when it is empty */
export function mark(field, text) {
  const id = `${field.id}-wrong`;
  document.getElementById(id)?.remove();
  if (text === '') {
    field.removeAttribute('aria-invalid');
    field.removeAttribute('aria-describedby');
    return;
  }
  field.setAttribute('aria-invalid', 'true');
  field.setAttribute('aria-describedby', id);
  const note = make('p', { id, className: 'wrong', textContent: text });
  note.setAttribute('role', 'status');
  field.closest('.row, .pair')?.after(note);
}
