// PNG files written piece by piece, for pictures that no memory holds at once, and for films (APNG). The browser compresses.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** @param {Uint8Array} bytes */
function crc(bytes) {
  let c = 0xffffffff;
  for (const byte of bytes) c = TABLE[(c ^ byte) & 255] ^ (c >>> 8);
  return ~c >>> 0;
}

export const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** Whole numbers of four bytes. @param {number[]} values */
export function words(...values) {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value);
  return bytes;
}

/** @param {(Uint8Array|number[])[]} parts */
export function joined(...parts) {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @param {string} type @param {Uint8Array} data */
export function chunk(type, data) {
  const body = new Uint8Array(4 + data.length);
  for (let i = 0; i < 4; i++) body[i] = type.charCodeAt(i);
  body.set(data, 4);
  const all = new Uint8Array(body.length + 8);
  all.set(words(data.length));
  all.set(body, 4);
  all.set(words(crc(body)), 4 + body.length);
  return all;
}

/** Eight bits a colour, no transparency. @param {number} width @param {number} height */
export const header = (width, height) => chunk('IHDR', joined(words(width, height), [8, 2, 0, 0, 0]));

/** What the page says of the picture, as the engine writes it: printable ASCII. @param {string} text */
export function parameters(text) {
  const printable = `parameters\0${text}`.replace(/[^\0\n\t\x20-\x7e]/g, '?');
  return chunk('tEXt', Uint8Array.from(printable, (letter) => letter.charCodeAt(0)));
}

/**
 * Rows as a PNG has them: each as its difference from the one above.
 * @param {Uint8ClampedArray} rgba of whole rows @param {number} width @param {Uint8Array} above RGB of the row above; becomes that of the last
 */
export function filtered(rgba, width, above) {
  const rows = rgba.length / (4 * width);
  const bytes = new Uint8Array(rows * (1 + 3 * width));
  for (let y = 0, to = 0, from = 0; y < rows; y++) {
    bytes[to++] = 2; // "Up"
    for (let i = 0; i < 3 * width; from++)
      for (let c = 0; c < 3; c++, i++, from++) {
        bytes[to++] = rgba[from] - above[i];
        above[i] = rgba[from];
      }
  }
  return bytes;
}

/** Compressed as a PNG wants it: what is written comes out of `pieces`. */
export function deflating() {
  const stream = new CompressionStream('deflate');
  const writer = stream.writable.getWriter();
  /** @type {Promise<Uint8Array[]>} */
  const pieces = (async () => {
    const got = [];
    const reader = stream.readable.getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) got.push(next.value);
    return got;
  })();
  pieces.catch(() => {}); // who waits for them hears of it
  return { writer, pieces };
}
