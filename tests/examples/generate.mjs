// generate.mjs: engine.js alone, in Node or in a worker: a checkpoint in, a picture of any size out.
//
//   node generate.mjs coordiff.wasm model.safetensors picture.png
import { readFileSync, writeFileSync } from 'node:fs';
import { loadEngine } from '../../web/engine/engine.js';

const [wasm, checkpoint, out] = process.argv.slice(2);
const engine = await loadEngine({ wasmBytes: readFileSync(wasm) });
const model = engine.loadModel(readFileSync(checkpoint));
const noise = model.createProcess(); // from noise to a lattice
noise.start({ seed: 7n, label: 0, steps: 20 });
while (!noise.done) noise.step();
const picture = model.createPicture(); // from a lattice to pixels
picture.load(noise.clean);
writeFileSync(out, engine.png(picture.render(640, 480), 640, 480, 'seed 7'));
