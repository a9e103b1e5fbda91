// model.js: coordiff's denoiser written down a second time, in doubles and from the checkpoint alone: what the peers of the benchmark
// are given, and what every output is checked against. Shares no code with the engine. Residual bodies with a conditioning network.

const HALF = new Float64Array(65536);
for (let bits = 0; bits < 65536; bits++) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  HALF[bits] =
    exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

/** @typedef {{rows: number, cols: number, data: Float64Array}} Matrix */

/** @param {Uint8Array} bytes of a safetensors file */
export function readCheckpoint(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const begin = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, begin)));
  /** @type {Record<string, Matrix>} */
  const tensors = {};
  /** @type {Record<string, string>} */
  const config = header.__metadata__;
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const data = new Float64Array(shape[0] * shape[1]);
    const at = begin + data_offsets[0];
    for (let i = 0; i < data.length; i++)
      data[i] =
        dtype === 'F16'
          ? HALF[view.getUint16(at + 2 * i, true)]
          : view.getFloat32(at + 4 * i, true);
    tensors[name] = { rows: shape[0], cols: shape[1], data };
  }
  const ours = {
    body: 'residual',
    activation: 'silu',
    target: 'edm',
    scaling: 'band',
    cond_normed: '1',
    coordinates: 'both',
  };
  for (const [key, value] of Object.entries(ours))
    if (config[key] !== value)
      throw new Error(`this benchmark needs ${key} = ${value}, not ${config[key]}`);
  return { config, tensors };
}

/** @typedef {ReturnType<typeof readCheckpoint>} Checkpoint */

const silu = (/** @type {number} */ x) => x / (1 + Math.exp(-x));

/** x[m][inputs] W + bias. @param {ArrayLike<number>} x @param {Matrix} w @param {ArrayLike<number>} bias */
function linear(x, { rows, cols, data }, bias) {
  const m = x.length / rows;
  const y = new Float64Array(m * cols);
  for (let i = 0; i < m; i++)
    for (let k = 0; k < rows; k++) {
      const xk = x[i * rows + k];
      for (let j = 0; j < cols; j++) y[i * cols + j] += xk * data[k * cols + j];
    }
  return y.map((sum, i) => sum + bias[i % cols]);
}

const levelSigma = (/** @type {number} */ l) => (l === 0 ? 0 : 0.9 * 2 ** (l - 1));
/** What is left of unit noise on a level, and on a band, which is a level less the next. */
const levelNoise = (/** @type {number} */ l) => (l === 0 ? 1 : 0.28209479 / levelSigma(l));
const bandNoise = (/** @type {number} */ l) =>
  Math.sqrt(
    levelNoise(l) ** 2 +
      levelNoise(l + 1) ** 2 -
      1 / Math.PI / (levelSigma(l) ** 2 + levelSigma(l + 1) ** 2),
  );
const clamp = (/** @type {number} */ i, /** @type {number} */ n) => Math.min(Math.max(i, 0), n - 1);

/** Gaussian blur, renormalised at the borders. @param {ArrayLike<number>} plane @param {number} w @param {number} h @param {number} level */
function blur(plane, w, h, level) {
  if (level === 0) return Float64Array.from(plane);
  const sigma = levelSigma(level);
  const radius = Math.floor(3 * sigma) + 1;
  /** @param {ArrayLike<number>} src @param {number} n @param {number} stride @param {number} other @param {number} step */
  const along = (src, n, stride, other, step) => {
    const out = new Float64Array(w * h);
    for (let line = 0; line < other; line++)
      for (let i = 0; i < n; i++) {
        let sum = 0;
        let mass = 0;
        for (let j = Math.max(0, i - radius); j <= Math.min(n - 1, i + radius); j++) {
          const weight = Math.exp(-0.5 * ((j - i) / sigma) ** 2);
          sum += weight * src[line * step + j * stride];
          mass += weight;
        }
        out[line * step + i * stride] = sum / mass;
      }
    return out;
  };
  return along(along(plane, h, w, w, 1), w, 1, h, w);
}

/**
 * The evaluation of the state z at sigma for a class: the feature rows of all squares of pixels, and the network whose scales and shifts are folded
 * into weights and biases: h = x W0 + b0; per block h += silu(silu(h) W1 + b1) W2 + b2; out = silu(h) W + b.
 * @param {Checkpoint} checkpoint @param {Float32Array} z @param {number} sigma @param {number} label
 */
export function evaluation({ config, tensors }, z, sigma, label) {
  const number = (/** @type {string} */ key) => Number(config[key]);
  const list = (/** @type {string} */ key) => config[key].split(',').map(Number);
  const [w, h, channels, levels, stride] = [
    'lattice_width',
    'lattice_height',
    'channels',
    'n_levels',
    'stride',
  ].map(number);
  const sd = list('level_sd');
  const radius = list('tap_radius');
  const planes = Array.from({ length: levels }, (_, l) =>
    Array.from({ length: channels }, (_, ch) =>
      blur(z.subarray(ch * w * h, (ch + 1) * w * h), w, h, l),
    ),
  );
  const bands = planes.map((level, l) => {
    const next = planes[l + 1];
    const scale = 1 / Math.hypot(sd[l], sigma * (next ? bandNoise(l) : levelNoise(l)));
    return level.map((plane, ch) => plane.map((v, i) => scale * (next ? v - next[ch][i] : v)));
  });

  const axis = (/** @type {number} */ i, /** @type {number} */ n) => {
    const u = (2 * i + 1) / n - 1;
    const octaves = Array.from({ length: number('coord_octaves') }, (_, k) => Math.PI * 2 ** k * u);
    return [u, ...octaves.flatMap((angle) => [Math.sin(angle), Math.cos(angle)])];
  };
  const size = tensors['in.weight'].rows;
  const rows = new Float32Array((w * h * size) / stride ** 2);
  let at = 0;
  for (let y = 0; y < h; y += stride)
    for (let x = 0; x < w; x += stride, at += size) {
      const row = [];
      for (let l = 0; l < levels; l++) {
        // On level 0 around each of the pixels that a row answers for.
        const end = radius[l] + (l === 0 ? stride : 1);
        for (const plane of bands[l])
          for (let j = -radius[l]; j < end; j++)
            for (let i = -radius[l]; i < end; i++)
              row.push(plane[clamp(y + j * 2 ** l, h) * w + clamp(x + i * 2 ** l, w)]);
      }
      rows.set([...row, ...axis(x, w), ...axis(y, h)], at);
    }
  return { rows, size, network: fold(tensors, number, condition()) };

  /** What is known of the whole image: thumbnail, class, noise level. */
  function condition() {
    const t = number('thumbnail');
    let level = 0;
    while (t > 0 && level + 1 < levels && levelSigma(level + 1) < (0.6 * w) / t) level++;
    const unit = 1 / Math.hypot(number('sigma_data'), sigma * levelNoise(level));
    const cond = [];
    for (const plane of planes[level])
      for (let j = 0; j < t; j++)
        for (let i = 0; i < t; i++) {
          const x = ((i + 0.5) * w) / t - 0.5;
          const y = ((j + 0.5) * h) / t - 0.5;
          const [x0, y0] = [clamp(Math.floor(x), w), clamp(Math.floor(y), h)];
          const value = (/** @type {number} */ a, /** @type {number} */ b) =>
            plane[clamp(b, h) * w + clamp(a, w)];
          const line = (/** @type {number} */ b) =>
            value(x0, b) * (1 - x + x0) + value(x0 + 1, b) * (x - x0);
          cond.push(unit * (line(y0) * (1 - y + y0) + line(y0 + 1) * (y - y0)));
        }
    for (let k = 0; k <= number('n_classes'); k++) cond.push(k === label ? 1 : 0);
    for (let k = 1; k <= 8; k++) {
      const angle = 0.25 * Math.log(sigma) * 0.5 * k * Math.PI;
      cond.push(Math.sin(angle), Math.cos(angle));
    }
    while (cond.length < tensors['cond.0.weight'].rows) cond.push(0);
    return cond;
  }
}

/** To a root mean square of a half. @param {Float64Array} x */
function normed(x) {
  const rms = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + 1e-6);
  return x.map((v) => (0.5 * v) / rms);
}

/** @param {Record<string, Matrix>} tensors @param {(setting: string) => number} number @param {number[]} cond */
function fold(tensors, number, cond) {
  const [blocks, n, bound] = ['n_layers', 'hidden', 'scale_bound'].map(number);
  const t = (/** @type {string} */ name) => tensors[name];
  const e0 = linear(cond, t('cond.0.weight'), t('cond.0.bias').data).map(silu);
  const e1 = linear(e0, t('cond.1.weight'), t('cond.1.bias').data).map(silu);
  const film = linear(normed(e1), t('film.weight'), t('film.bias').data);
  const part = (/** @type {number} */ i) => film.subarray(i * n, (i + 1) * n);
  const bounded = (/** @type {number} */ b) =>
    part(b).map((v) => (bound > 0 ? bound * Math.tanh(v / bound) : v));
  const float = (
    /** @type {Matrix} */ { rows, cols, data },
    /** @type {ArrayLike<number>} */ bias,
    /** @type {ArrayLike<number> | null} */ scale,
  ) => ({
    rows,
    cols,
    weight: Float32Array.from(data, (v, i) => (scale ? v * scale[i % cols] : v)),
    bias: Float32Array.from(bias),
  });
  const layers = [float(t('in.weight'), part(0), null)];
  for (let b = 0; b < blocks; b++)
    for (const half of [1, 2])
      layers.push(
        float(
          t(`block.${b}.weight${half}`),
          part(4 * b + 2 * half),
          bounded(4 * b + 2 * half - 1),
        ),
      );
  layers.push(float(t('out.weight'), t('out.bias').data, null));
  return layers;
}

/** @typedef {ReturnType<typeof evaluation>['network']} Layers */

/** The folded network in doubles: [m][channels x stride x stride] of rows [m][size]. @param {Layers} layers @param {Float32Array} rows */
export function forward(layers, rows) {
  const run = (/** @type {ArrayLike<number>} */ x, /** @type {Layers[0]} */ l) =>
    linear(x, { rows: l.rows, cols: l.cols, data: Float64Array.from(l.weight) }, l.bias);
  let h = run(rows, layers[0]);
  for (let i = 1; i + 1 < layers.length; i += 2) {
    const change = run(run(h.map(silu), layers[i]).map(silu), layers[i + 1]);
    h = h.map((v, k) => v + change[k]);
  }
  return run(h.map(silu), /** @type {Layers[0]} */ (layers.at(-1)));
}

/** Multiply-adds of one row. @param {Layers} layers */
export const macs = (layers) => layers.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
