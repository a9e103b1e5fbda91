// The keyboard, the help list, the theme switch.
import { button, byId, isTyping } from './base/dom.js';

/**
 * @param {Record<string, () => void>} actions by key, as in KeyboardEvent.key, lower case
 * @param {() => void} onGenerate
 */
function bindKeys(actions, onGenerate) {
  addEventListener('keydown', (event) => {
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      // What is being typed counts: let its field hear of it first.
      if (document.activeElement instanceof HTMLInputElement) document.activeElement.blur();
      return onGenerate();
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key !== 'Escape' && isTyping(event)) return;
    if (event.key === ' ' && event.target !== document.body) return;
    const action = actions[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

/** Every key of the help list. @param {Record<string, any> & {director: import('./director.js').Director}} page its parts */
export function bindPageKeys({ director, controls, scrubber, stage, full, editor, seeds, keep }) {
  const help = createHelp();
  bindKeys(
    {
      escape: () => (full.on && director.phase === 'idle' ? full.toggle() : director.cancel()),
      p: director.togglePause,
      '.': director.step,
      r: controls.dice,
      l: controls.toggleLock,
      g: seeds.open,
      m: editor.toggleBrush,
      u: director.undo,
      '[': () => scrubber.nudge(-1),
      ']': () => scrubber.nudge(1),
      ' ': scrubber.toggle,
      c: controls.toggleCompare,
      '+': stage.zoom.zoomIn,
      '=': stage.zoom.zoomIn,
      '-': stage.zoom.zoomOut,
      0: stage.zoom.fit,
      1: stage.zoom.pixelPerCell,
      '*': () => controls.scale('double'),
      '/': () => controls.scale('half'),
      d: keep.download,
      f: full.toggle,
      '?': help.open,
    },
    director.generate,
  );
}

function createHelp() {
  const dialog = byId('help-dialog', HTMLDialogElement);
  const open = () => {
    if (!dialog.open) dialog.showModal();
  };
  button('help').addEventListener('click', open);
  button('help-close').addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  return { open };
}

/** auto → light → dark → auto; theme.js says what that means. */
export function bindTheme() {
  const theme = button('theme');
  const root = document.documentElement;
  const order = ['auto', 'light', 'dark'];
  const show = () => {
    theme.textContent = `Theme: ${root.dataset.choice}`;
  };
  theme.addEventListener('click', () => {
    const next = order[(order.indexOf(root.dataset.choice ?? '') + 1) % order.length];
    root.dataset.choice = next;
    try {
      localStorage.setItem('coordiff-theme', next);
    } catch {
      // Storage may be forbidden; then the choice lasts for this visit.
    }
    show();
  });
  show();
}
