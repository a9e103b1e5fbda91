// The panel "Your own pictures": dropped, chosen, pasted or drawn, learned from while one watches, and painted with.
import { block, button, byId, input, make } from '../base/dom.js';
import { save } from '../keep/keep.js';
import { put } from '../stage/surface.js';
import { createCourse, SAMPLES, SHAPE } from './course.js';
import { createPad } from './pad.js';
import { decode, rgbaOf } from './pictures.js';
import { read } from './storage.js';

/** @typedef {import('./pictures.js').Named} Named */

const NO_MEMORY = 4; // cdf_status
const CELLS = { width: SHAPE.width, height: SHAPE.height };

/** @param {number} seconds */
function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 100 ? `${whole} s` : `${Math.round(whole / 60)} min`;
}
/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;

/**
 * @param {object} hooks
 * @param {(name: string, bytes: Uint8Array) => Promise<void>} hooks.onPaint a model to make pictures with
 * @param {(text: string) => void} hooks.say
 * @param {(error: unknown) => void} hooks.onTrouble
 */
export function createOwn({ onPaint, say, onTrouble }) {
  const panel = block('panel-own');
  const picker = input('own-files');
  const shelf = block('own-pictures');
  const grid = block('own-samples');
  const trainButton = button('own-train');
  /** @type {Named[]} */
  let pictures = [];
  /** A checkpoint to start from. @type {{name: string, bytes: Uint8Array}|null} */
  let from = null;

  const course = createCourse({ onNews: show, onSample, onNotice: say, onTrouble });
  const canvases = Array.from({ length: SAMPLES }, () => make('canvas', { width: 1, height: 1 }));
  grid.append(...canvases);
  const pad = createPad((file) => take([file]));

  /** @param {number} index @param {Uint8ClampedArray} rgba @param {number} side */
  function onSample(index, rgba, side) {
    put(canvases[index], rgba, { width: side, height: side });
    grid.hidden = false;
  }

  // ---- what is said ----

  function words() {
    const { phase, run } = course;
    if (phase === 'preparing') return 'Cutting the pictures, starting the workers …';
    if (!run) return pictures.length > 0 && pictures.length < 8 ? 'A dozen or more of one kind work best: fewer are learned by heart.' : '';
    const { step, losses, seconds, limit } = run;
    const loss = losses.length > 0 ? ` · loss ${losses[losses.length - 1].toFixed(3)}, ${losses[0].toFixed(3)} at first` : '';
    const state = phase === 'training' ? `${duration(limit - seconds)} left` : phase === 'done' ? 'done' : 'paused';
    return `Step ${step.toLocaleString('en')}${loss} · ${state}`;
  }

  function curve() {
    const { losses = [] } = course.run ?? {};
    const most = Math.max(...losses), { length } = losses;
    const points = losses.map((loss, i) => `${((100 * i) / Math.max(1, length - 1)).toFixed(2)},${(28 - (26 * loss) / most).toFixed(2)}`);
    byId('own-curve', SVGPolylineElement).setAttribute('points', points.join(' '));
    byId('own-chart', SVGSVGElement).toggleAttribute('hidden', length < 2);
  }

  function show() {
    const { phase, run } = course;
    const busy = phase === 'training' || phase === 'preparing';
    const n = pictures.length;
    block('own-count').textContent = n === 0 ? '' : `${n === 1 ? 'One picture' : `${n} pictures`}, as the model sees ${n === 1 ? 'it' : 'them'}: ${SHAPE.width} × ${SHAPE.height} cells.`;
    block('own-from').textContent = from ? `Starts from ${from.name}.` : '';
    trainButton.textContent = phase === 'training' ? 'Pause' : phase === 'paused' ? 'Go on' : phase === 'done' ? 'Train on' : 'Train';
    trainButton.disabled = phase === 'preparing' || n === 0;
    button('own-choose').disabled = button('own-clear').disabled = run !== null || busy;
    pad.show(run === null && !busy);
    byId('own-progress', HTMLProgressElement).value = run ? run.seconds / run.limit : 0;
    for (const id of ['own-paint', 'own-save', 'own-delete']) button(id).disabled = run === null || run.step === 0 || phase === 'preparing';
    block('own-run').hidden = run === null;
    block('own-words').textContent = words();
    const bytes = (run?.checkpoint?.length ?? 0) + pictures.reduce((sum, { rgba }) => sum + rgba.length, 0);
    block('own-kept').textContent = run?.checkpoint ? `Kept in this browser, to go on another day: ${megabytes(bytes)}.` : '';
    curve();
  }

  // ---- pictures ----

  /** Shown as the model will see it. @param {Named} picture @param {number} total */
  async function shelve(picture, total) {
    const levels = await course.seen(picture, total);
    const canvas = make('canvas', { width: 1, height: 1, title: picture.name });
    put(canvas, rgbaOf(levels, CELLS.width * CELLS.height), CELLS);
    shelf.append(canvas);
  }

  /** What cannot be read is left out, with a sentence; too many are refused as a whole. @param {File[]} files */
  async function take(files) {
    if (course.phase !== 'none') return say('These pictures are being learned; delete that training to begin with others.');
    const model = files.find(({ name }) => name.endsWith('.safetensors'));
    if (model) from = { name: model.name, bytes: new Uint8Array(await model.arrayBuffer()) };
    const total = pictures.length + files.length - (model ? 1 : 0);
    for (const file of files.filter((other) => other !== model))
      try {
        const picture = await decode(file);
        await shelve(picture, total);
        pictures.push(picture);
      } catch (error) {
        onTrouble(error);
        if (/** @type {{code?: unknown}} */ (error).code === NO_MEMORY) break;
      }
    show();
  }

  function clear() {
    pictures = [];
    from = null;
    shelf.replaceChildren();
    show();
  }

  // ---- what can be done ----

  async function train() {
    const seconds = Number(byId('own-time', HTMLSelectElement).value);
    if (course.phase === 'training') return course.pause();
    if (course.phase === 'paused') return course.resume(0);
    if (course.phase === 'done') return course.resume(seconds);
    await course.begin(pictures, from?.bytes ?? null, seconds);
  }
  async function download() {
    const bytes = await course.checkpoint();
    const name = `checkpoint-${String(course.run?.step ?? 0).padStart(7, '0')}.safetensors`;
    if (bytes) save(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]), name);
    say(`${name} goes on with “coordiff train --from”, and can be dropped on this page.`);
  }
  const paint = async () => onPaint('Your pictures', await course.model());
  async function forget() {
    await course.forget();
    grid.hidden = true;
    clear();
  }

  /** @param {() => unknown} action */
  const guarded = (action) => async () => {
    try {
      await action();
    } catch (error) {
      onTrouble(error);
    }
  };
  button('own-choose').addEventListener('click', () => picker.click());
  picker.addEventListener('change', async () => {
    await take([...(picker.files ?? [])]);
    picker.value = '';
  });
  button('own-clear').addEventListener('click', clear);
  trainButton.addEventListener('click', guarded(train));
  button('own-paint').addEventListener('click', guarded(paint));
  button('own-save').addEventListener('click', guarded(download));
  button('own-delete').addEventListener('click', guarded(forget));
  panel.addEventListener('drop', (event) => {
    event.preventDefault(); // the page need not take it
    take([...(event.dataTransfer?.files ?? [])]);
  });
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!panel.hidden && files.length > 0) take(files);
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) course.keep().catch(onTrouble);
  });

  async function arrive() {
    const kept = await read();
    if (kept) {
      pictures = kept.pictures;
      course.open(kept);
      for (const picture of pictures) await shelve(picture, pictures.length);
    }
    show();
    panel.removeAttribute('aria-busy');
  }
  arrive().catch(onTrouble);
}
