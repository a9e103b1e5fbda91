// What a file is, by its first bytes and whatever its name says; and what to say of one that is not for this page.

/** What is given: pictures that are read here, a checkpoint, or something else. @typedef {'png'|'picture'|'model'|'other'} Kind */

/** @type {[string, RegExp, Kind][]} words, how it begins (as Latin-1), what it is to the page */
const KINDS = [
  ['a PNG picture', /^\x89PNG/, 'png'],
  ['a JPEG picture', /^\xff\xd8\xff/, 'picture'],
  ['a WebP picture', /^RIFF....WEBP/s, 'picture'],
  ['a checkpoint', /^.{8}\{/s, 'model'], // the length of its header, then the header
  ['a GIF picture', /^GIF8/, 'other'],
  ['an AVIF or HEIF picture', /^....ftyp(avif|avis|heic|heix|mif1|msf1)/s, 'other'],
  ['a TIFF picture', /^(II\*\0|MM\0\*)/, 'other'],
  ['a BMP picture', /^BM....\0\0\0\0/s, 'other'],
  ['an SVG drawing', /^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<svg/s, 'other'],
  ['a PDF', /^%PDF/, 'other'],
  ['a ZIP archive, as some checkpoints are', /^PK[^ -~]{2}/, 'other'],
  ['compressed with gzip', /^[^\s!-~]\x8b/, 'other'],
  ['empty', /^$/, 'other'],
  ['a text', /^[\t\n\r\x20-\x7e\x80-\xff]+$/, 'other'],
];

/** @param {Uint8Array} bytes */
function entry(bytes) {
  const text = String.fromCharCode(...bytes.subarray(0, 512));
  return KINDS.find(([, begins]) => begins.test(text)) ?? ['of an unknown kind', /^/, 'other'];
}

/** @param {Uint8Array} bytes */
export const kindOf = (bytes) => entry(bytes)[2];

/** The sentence for a file that cannot be taken. @param {string} name @param {Uint8Array} bytes @param {string} taken what can */
export function refused(name, bytes, taken) {
  const [words, , kind] = entry(bytes);
  const what = kind === 'png' || kind === 'picture' ? `${words}, but damaged, or not one that this browser can read` : words;
  return `The file ${name} is ${what}; what can be opened here: ${taken}.`;
}
