// The steps of a run as a strip: drag through them, or play them.
import { block, button, input } from '../base/dom.js';

/** @param {(at: number|null) => void} onMove null: the last step */
export function createScrubber(onMove) {
  const slider = input('scrubber');
  const play = button('play');
  const moment = block('moment');
  let timer = 0;

  function show() {
    moment.textContent = slider.disabled ? '–' : `${slider.value} / ${slider.max}`;
    slider.setAttribute('aria-valuetext', `step ${slider.value} of ${slider.max}`);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = 'Play';
  }

  /** @param {number} at */
  function move(at) {
    slider.value = String(at);
    show();
    onMove(at >= Number(slider.max) ? null : at);
  }

  function toggle() {
    if (timer) return stop();
    if (slider.disabled) return;
    const last = Number(slider.max);
    play.textContent = 'Stop';
    if (Number(slider.value) >= last) move(1);
    timer = setInterval(
      () => {
        const next = Number(slider.value) + 1;
        move(Math.min(next, last));
        if (next >= last) stop();
      },
      Math.max(40, Math.min(140, 3500 / last)),
    );
  }

  slider.addEventListener('input', () => {
    stop();
    move(Number(slider.value));
  });
  play.addEventListener('click', toggle);

  return {
    toggle,
    stop,
    /** @param {number} by */
    nudge(by) {
      if (slider.disabled) return;
      stop();
      move(Math.max(1, Math.min(Number(slider.max), Number(slider.value) + by)));
    },
    /**
     * @param {number} evaluation how many moments there are; 0: none
     * @param {number|null} at the one shown
     * @param {boolean} usable not while a run goes on
     */
    set(evaluation, at, usable) {
      if (!usable) stop();
      slider.max = String(Math.max(1, evaluation));
      slider.value = String(at ?? Math.max(1, evaluation));
      slider.disabled = !usable || evaluation === 0;
      play.disabled = slider.disabled || evaluation < 2;
      show();
    },
  };
}
