// peak.js: the most multiply-adds a second that this browser gets out of its vector registers: loops without memory, as WebAssembly
// written byte by byte. Which number of chains suits a processor best depends on its latencies, so several are tried.

const V128 = 0x7b;
const I32 = 0x7f;
const op = { mul: [0xfd, 0xe6, 0x01], add: [0xfd, 0xe4, 0x01], madd: [0xfd, 0x85, 0x02] };
const get = (/** @type {number} */ i) => [0x20, i];
const set = (/** @type {number} */ i) => [0x21, i];

/** @param {number} n @returns {number[]} */
const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)]);
/** @param {number} id @param {number[]} body */
const section = (id, body) => [id, ...leb(body.length), ...body];
const splat = (/** @type {number} */ x) => [
  0x43,
  ...new Uint8Array(new Float32Array([x]).buffer),
  0xfd,
  0x13,
];

/** How one pass over the chains is spelled: locals 1 .. chains are the chains, then come a and b. */
const bodies = {
  /** sum = sum * a + b, a multiply and an add after each other. @param {number} n */
  chained: (n) =>
    each(n, (i) => [...get(i), ...get(n + 1), ...op.mul, ...get(n + 2), ...op.add, ...set(i)]),
  /** sum = sum + product, product = product * a: half of the chains multiply, half add. @param {number} n */
  paired: (n) =>
    each(n / 2, (i) => [
      ...[...get(i), ...get(n + 1), ...op.mul, ...set(i)],
      ...[...get(i + n / 2), ...get(i), ...op.add, ...set(i + n / 2)],
    ]),
  /** sum = a * b + sum. @param {number} n */
  fused: (n) => each(n, (i) => [...get(n + 1), ...get(n + 2), ...get(i), ...op.madd, ...set(i)]),
};
const UNROLL = 8;

/** @param {number} n @param {(i: number) => number[]} part */
const each = (n, part) => Array.from({ length: n }, (_, i) => part(i + 1)).flat();

/** @param {keyof typeof bodies} kind @param {number} chains */
function probe(kind, chains) {
  const pass = bodies[kind](chains);
  const store = each(chains, (i) => [0x41, 0, ...get(i), 0xfd, 0x0b, 4, ...leb(16 * i)]);
  const code = [
    ...[1, ...leb(chains + 2), V128],
    ...each(chains, (i) => [...splat(1 + i / 64), ...set(i)]),
    // a is nearly 1, so that no product decays into slow denormals.
    ...[...splat(1 - 2 ** -24), ...set(chains + 1), ...splat(0.25), ...set(chains + 2)],
    ...[0x03, 0x40, ...Array(UNROLL).fill(pass).flat()],
    ...[...get(0), 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b], // while (--n)
    ...store,
    0x0b,
  ];
  const bytes = new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 3, ...new TextEncoder().encode('run'), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
  const { run } = /** @type {{run: (n: number) => void}} */ (
    /** @type {unknown} */ (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports)
  );
  const flops = UNROLL * 4 * chains * (kind === 'paired' ? 1 : 2);
  const n = 200000;
  return () => {
    run(n);
    return n * flops;
  };
}

/** Functions that do work for a moment and say how many operations it was. */
export function peakProbes(/** @type {boolean} */ fused) {
  if (fused) return [8, 10, 12].map((chains) => probe('fused', chains));
  return [probe('chained', 10), probe('chained', 12), probe('paired', 12), probe('paired', 14)];
}
