// What the page says: status line, notices, caption, which buttons work. No decisions here.
import { block, button, byId, make } from './dom.js';

/** @typedef {import('./state.js').Settings} Settings */
/** @typedef {import('./state.js').Size} Size */
/** @typedef {import('./library.js').Model} Model */

/** @param {number} n */
const thousands = (n) => Math.round(n).toLocaleString('en');

/** @param {number} perSecond */
function rate(perSecond) {
  if (perSecond >= 1e6) return `${(perSecond / 1e6).toFixed(1)} Mpx/s`;
  return `${thousands(perSecond / 1e3)} kpx/s`;
}

/** @param {number} ms */
const seconds = (ms) => (ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`);

/** What a size means, in words. @param {Size} size @param {any} info */
export function sizeWords({ width, height }, info) {
  const pixels = width * height;
  const scale = Math.min(width / info.lattice_width, height / info.lattice_height);
  const finer = scale >= 1 ? 'drawn finer' : 'drawn coarser';
  const parts = [
    `${thousands(pixels)} pixels. The network works on ${info.lattice_width} × ${info.lattice_height} points whatever the size:`,
    `same seed, same picture, ${finer}.`,
  ];
  const shape = width / height / (info.lattice_width / info.lattice_height);
  if (shape > 1.02) parts.push('It fills the height; the sides take its background.');
  if (shape < 0.98) parts.push('It fills the width; above and below lies its background.');
  return parts.join(' ');
}

export function createView() {
  const status = block('status');
  const announcer = block('announce');
  const notices = block('notices');
  const progress = byId('progress', HTMLProgressElement);
  const sheet = block('sheet');

  return {
    /** @param {string} text */
    status(text) {
      status.textContent = text;
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
      while (notices.childElementCount > 3) notices.firstElementChild?.remove();
    },
    /** A confirmation that goes away by itself. @param {string} text */
    tell(text) {
      this.notice(text);
      const item = notices.lastElementChild;
      setTimeout(() => item?.remove(), 7000);
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
    /** @param {import('./runner.js').Frame} frame @param {Size} size */
    frame({ evaluation, total, ms, left }, { width, height }) {
      progress.max = total;
      progress.value = evaluation;
      const parts = [
        `Step ${evaluation} of ${total}`,
        `${Math.round(ms)} ms`,
        rate((width * height * 1000) / Math.max(ms, 0.1)),
      ];
      status.textContent = [...parts, `${seconds(left)} left`].join(' · ');
      sheet.classList.remove('waiting');
    },
    progress(/** @type {number} */ value) {
      progress.max = 1;
      progress.value = value;
    },
    /** @param {string} phase @param {boolean} painted is there a picture? */
    buttons(phase, painted) {
      const busy = phase !== 'idle';
      button('cancel').disabled = !busy;
      button('pause').disabled = phase === 'idle' || phase === 'loading';
      button('pause').textContent = phase === 'paused' ? 'Resume' : 'Pause';
      button('step').disabled = phase !== 'paused';
      for (const id of ['download', 'copy']) button(id).disabled = !painted;
      sheet.classList.toggle('waiting', phase === 'loading' && !painted);
    },
    /**
     * @param {string} what the class's or model's name @param {Settings} settings @param {Size} size @param {string} moment
     */
    caption(what, settings, size, moment) {
      const caption = block('caption');
      const details = [`seed ${settings.seed}`, `${size.width} × ${size.height}`, moment]
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
    /** @param {string} text */
    engine(text) {
      block('engine').textContent = text;
    },
  };
}

/** @typedef {ReturnType<typeof createView>} View */
