// What the page says: status line, notices, caption, which buttons work. No decisions here.
import { block, button, byId, make, sentence, write } from './base/dom.js';
import { base, cellOf, extended, framed, isEndless, pitchOf, worldOf } from './base/world.js';

/** @typedef {import('./settings/state.js').Settings} Settings */
/** @typedef {import('./settings/state.js').Size} Size */
/** @typedef {import('./models/library.js').Model} Model */

const RAN_AWAY =
  'The numbers ran away while this picture was made; another seed or less guidance helps.';
const UNLIKE =
  'Nothing changed: this picture is unlike all that the model has learned, so it knows nothing that would fit. All the strength, or another picture, helps.';

/** @param {number} n */
const thousands = (n) => Math.round(n).toLocaleString('en');

/** @param {number} perSecond */
function rate(perSecond) {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} Mpx/s`;
  return `${thousands(perSecond / 1e3)} kpx/s`;
}

/** @param {number} ms */
const seconds = (ms) => (ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);

/** @param {number} pixels @param {number} cell */
const cellsOf = (pixels, cell) => Number((pixels / cell).toPrecision(3));

/**
 * What a size means, and what Scale and Extend will do with it.
 * @param {Settings} settings @param {import('../engine/engine.js').ModelInfo} info
 */
export function sizeWords(settings, info) {
  const { size } = settings;
  const { lattice_width: across, lattice_height: down } = info;
  const pixels = `${thousands(size.width * size.height)} pixels.`;
  const pitch = pitchOf(base(settings, info), size);
  const drawn = info.renderer
    ? 'The model has a renderer of its own, so the picture is drawn sharp at this size.'
    : 'This model has no renderer of its own: between its cells the picture is smooth, not sharper.';
  const coarse = 'A pixel is larger than a cell here, and is the average of what it covers.';
  const cell = (across / base({ ...settings, extend: null }, info).across) * size.width;
  const pixelsEach = Number((cell / across).toPrecision(3));
  const finer = cell >= across ? 'finer' : 'fewer';
  const cells = cellOf(settings);
  if (isEndless(info))
    return {
      size: `${pixels} ${pitch < 1 ? drawn : coarse}`,
      scale: 'Not for this model: its world goes on for ever, so there is no whole that could be drawn larger. Zoom instead.',
      extend: `A world without end: this canvas shows ${cellsOf(size.width, cells)} × ${cellsOf(size.height, cells)} cells of ${cells} pixels of it. Drag it anywhere; what comes into view is computed, and is the same whenever you come back.`,
    };
  // A straight cut at the frame is to be expected, then.
  const shape = framed(info, size) ? '' : ' This canvas has another shape than the picture, so two of its sides stay empty: Extend makes more picture there.';
  const view = settings.extend ?? extended(info, size, cells);
  const world = worldOf(info, size, view);
  const times = (world.width * world.height) / (across * down);
  const work = times > 1 ? `, ${times.toFixed(1)} times the work` : '';
  const small =
    size.width < across * cells || size.height < down * cells
      ? ` This canvas is smaller than the object at ${cells} pixels a cell (${across * cells} × ${down * cells}), so only a part of it is seen.`
      : '';
  return {
    size: `${pixels} ${pitch < 1 ? drawn : coarse}`,
    scale: `The same picture on ${finer} pixels: ${across} × ${down} cells of ${pixelsEach} pixels.${shape}`,
    extend: `More world around it at the same cell size: ${world.width} × ${world.height} cells of ${cells} pixels${work}.${small}`,
  };
}

/** Another word and picture for a button. @param {HTMLButtonElement} on @param {string} word */
function label(on, word) {
  const [words, picture] = [on.querySelector('span'), on.querySelector('use')];
  if (words?.textContent === word) return;
  if (words) words.textContent = word;
  picture?.setAttribute('href', `#i-${word.toLowerCase()}`);
}

export function createView() {
  const status = block('status');
  const announcer = block('announce');
  const notices = block('notices');
  const progress = byId('progress', HTMLProgressElement);
  const sheet = block('sheet');

  const view = {
    /** @param {string} text */
    status(text) {
      write(status, text);
    },
    /** For screen readers: beginnings and ends only. @param {string} text */
    announce(text) {
      announcer.textContent = text;
    },
    /** A sentence that stays until it is put away. @param {string} text */
    notice(text) {
      for (const old of notices.children) if (old.firstChild?.textContent === text) old.remove();
      const close = make('button', { type: 'button', className: 'quiet', textContent: 'OK' });
      const item = make('p', {}, make('span', { textContent: text }), close);
      close.setAttribute('aria-label', 'OK, put this notice away');
      close.addEventListener('click', () => item.remove());
      notices.append(item);
      while (notices.childElementCount > 2) notices.firstElementChild?.remove();
    },
    /** A confirmation that goes away by itself. @param {string} text */
    tell(text) {
      view.notice(text);
      const item = notices.lastElementChild;
      setTimeout(() => item?.remove(), 7000);
    },
    /** What went wrong. @param {unknown} error */
    fail: (error) => view.notice(sentence(error)),
    /** A run is over. @param {number} total @param {number} ms @param {boolean} broken numbers far from any colour @param {boolean} unchanged it is what it started from */
    done(total, ms, broken, unchanged) {
      const speed = `${total} steps in ${(ms / 1000).toFixed(1)} s`;
      block('figures').textContent = `${speed}, ${Math.round(ms / total)} ms a step`;
      if (broken) view.notice(RAN_AWAY);
      if (unchanged) view.notice(UNLIKE);
      view.status(`${speed} · ${Math.round(ms / total)} ms a step`);
      view.announce(`The picture is ready: ${speed}.`);
    },
    /** @param {number} evaluation @param {number} total 0: nothing of the kind was begun */
    cancelled(evaluation, total) {
      const reached = `Cancelled after step ${evaluation} of ${total}; what was reached stays.`;
      view.status(total > 0 ? reached : 'Cancelled.');
      view.announce('Cancelled.');
    },
    /** Nothing can be generated here. @param {string} text */
    trouble(text) {
      const box = block('trouble');
      box.textContent = text;
      box.hidden = false;
      status.textContent = 'No picture can be made in this browser.';
      sheet.classList.remove('waiting');
      button('generate').disabled = true;
    },
    /** @param {import('./run/runner.js').Frame} frame @param {Size} size */
    frame({ evaluation, total, ms, share, left }, { width, height }) {
      view.progress(share);
      status.textContent = `Step ${evaluation} of ${total} · ${seconds(left)} left`;
      block('figures').textContent = `${Math.round(ms)} ms a step, ${rate((width * height * 1000) / Math.max(ms, 0.1))}`;
      sheet.classList.remove('waiting');
    },
    /** Another part of the world is on its way. @param {{share: number, left: number}|null} frame */
    coming(frame) {
      if (frame) view.progress(frame.share);
      status.textContent = `More of the world comes into view${frame ? ` · ${seconds(frame.left)} left` : ' …'}`;
    },
    /** What came into view is there; nobody is to be disturbed for that. @param {number} ms */
    arrived(ms) {
      status.textContent = `This part of the world is here${ms < 50 ? '' : `, after ${seconds(ms)}`}.`;
    },
    progress(/** @type {number} */ value) {
      progress.max = 1;
      progress.value = value;
    },
    /** @param {string} phase @param {boolean} painted is there a picture? */
    buttons(phase, painted) {
      const busy = phase !== 'idle';
      // Where the focus was goes away: to what can be done next.
      if (!busy && block('run').contains(document.activeElement)) button('generate').focus();
      block('run').classList.toggle('idle', !busy);
      button('cancel').hidden = !busy;
      button('pause').hidden = phase === 'idle' || phase === 'loading';
      button('step').hidden = phase !== 'paused';
      label(button('pause'), phase === 'paused' ? 'Resume' : 'Pause');
      for (const id of ['download', 'copy', 'large', 'tile', 'film']) button(id).disabled = !painted;
      sheet.classList.toggle('waiting', phase === 'loading' && !painted);
    },
    /**
     * @param {string} what the class's or model's name @param {Settings} settings @param {Size|null} size null: it is not drawn at its size yet @param {string} moment
     */
    caption(what, settings, size, moment) {
      const caption = block('caption');
      const pixels = size ? `${size.width} × ${size.height}` : '';
      const details = [`seed ${settings.seed}`, pixels, moment]
        .filter(Boolean)
        .join(' · ');
      caption.replaceChildren(
        make('em', { textContent: what }),
        ' ',
        make('span', { textContent: details }),
      );
      byId('canvas', HTMLCanvasElement).setAttribute(
        'aria-label',
        `Generated picture: ${what}, ${details}`,
      );
    },
    /** The first picture is there. @param {number} size of the pool @param {string} kernels */
    engine(size, kernels) {
      const workers = size === 1 ? 'one worker' : `${size} workers`;
      const seconds = (performance.now() / 1000).toFixed(1);
      block('engine').textContent =
        `First picture ${seconds} s after opening, by ${workers} (${kernels}).`;
    },
  };
  return view;
}

/** @typedef {ReturnType<typeof createView>} View */
