// Keeping pictures: download, copy, share, and getting them back by dropping the file.
import { block, button, byId, input, isAbort } from '../base/dom.js';

/** @param {Uint8Array|Uint8ClampedArray} bytes */
const blobOf = (bytes) =>
  new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)], { type: 'image/png' });

/** @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/**
 * @param {object} hooks
 * @param {() => Promise<Uint8Array>} hooks.png the picture in force as a file
 * @param {() => string} hooks.fileName
 * @param {() => string} hooks.link
 * @param {() => boolean} hooks.edited settings alone do not make this picture
 * @param {(name: string, bytes: Uint8Array) => Promise<void>} hooks.onFile something was dropped or picked
 * @param {ReturnType<typeof import('./large.js').createLarge>} hooks.large
 * @param {(text: string) => void} hooks.say
 * @param {(error: unknown) => void} hooks.onTrouble
 */
export function createKeep({ png, fileName, link, edited, onFile, large, say, onTrouble }) {
  const picker = input('file');

  async function download() {
    save(blobOf(await png()), fileName());
    say(
      edited()
        ? 'The PNG keeps this edited picture. Its settings say what it was made from; the edit itself they cannot make again.'
        : 'The PNG carries its settings: drop it here some day to get this picture back.',
    );
  }

  let writing = new AbortController();
  /** What takes its time, with its progress, until it is stopped. @param {string} name @param {(watch: import('./large.js').Watch) => Promise<Blob>} make */
  async function write(name, make) {
    writing.abort();
    writing = new AbortController();
    const { signal } = writing;
    block('writing').hidden = false;
    const onShare = (/** @type {number} */ share) => {
      byId('written', HTMLProgressElement).value = share;
    };
    onShare(0);
    try {
      const file = await make({ signal, onShare });
      if (!signal.aborted) save(file, name);
    } catch (error) {
      if (!isAbort(error)) throw error;
    } finally {
      if (writing.signal === signal) block('writing').hidden = true;
    }
  }
  function enlarge() {
    const longest = byId('longest', HTMLSelectElement).value;
    return write(fileName().replace(/[^-]+\.png$/, `${longest}.png`), (watch) => large.picture(Number(longest), watch));
  }
  const tile = () => {
    const longest = Number(byId('longest', HTMLSelectElement).value);
    return write(fileName().replace(/[^-]+\.png$/, 'tile.png'), (watch) => large.tile(longest, watch));
  };
  const film = () => write(fileName().replace(/\.png$/, '-film.png'), large.film);

  async function copy() {
    try {
      // Safari wants the promise inside the item, made in the very click.
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': png().then(blobOf) })]);
      say('The picture is on the clipboard.');
    } catch {
      say('This browser does not let the page copy pictures; Download PNG works everywhere.');
    }
  }

  async function share() {
    const url = link();
    if (navigator.share !== undefined && matchMedia('(pointer: coarse)').matches) {
      await navigator.share({ title: 'coordiff', url }).catch(() => {});
      return;
    }
    try {
      await navigator.clipboard.writeText(url);
      say(
        edited()
          ? 'The link on the clipboard has the settings, but not the edit: it opens the picture that was made from them. Download PNG keeps this one.'
          : 'The link to this very picture is on the clipboard.',
      );
    } catch {
      const what = edited() ? 'the settings of this picture, without the edit' : 'this very picture';
      onTrouble(new Error(`${url} is the link to ${what}`));
    }
  }

  /** @param {File|undefined} file */
  async function take(file) {
    if (!file) return;
    if (file.size > 256 * 2 ** 20) {
      const remedy = 'a page can take a PNG made here or a checkpoint of a few megabytes';
      return onTrouble(new Error(`${file.name} is larger than 256 MB; ${remedy}`));
    }
    try {
      await onFile(file.name, new Uint8Array(await file.arrayBuffer()));
    } catch (error) {
      onTrouble(error);
    }
  }

  /** @param {() => Promise<void>} action */
  const guarded = (action) => () => action().catch(onTrouble);
  button('download').addEventListener('click', guarded(download));
  button('large').addEventListener('click', guarded(enlarge));
  button('tile').addEventListener('click', guarded(tile));
  button('film').addEventListener('click', guarded(film));
  button('writing-stop').addEventListener('click', () => {
    writing.abort();
    block('writing').hidden = true;
  });
  button('copy').addEventListener('click', guarded(copy));
  button('share').addEventListener('click', guarded(share));
  button('open').addEventListener('click', () => picker.click());
  picker.addEventListener('change', async () => {
    await take(picker.files?.[0]);
    picker.value = '';
  });

  const stage = block('mat');
  let inside = 0;
  addEventListener('dragenter', () => stage.classList.toggle('dropping', ++inside > 0));
  addEventListener('dragleave', () => stage.classList.toggle('dropping', --inside > 0));
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    const taken = event.defaultPrevented; // by a panel
    event.preventDefault();
    inside = 0;
    stage.classList.remove('dropping');
    if (!taken) take(event.dataTransfer?.files[0]);
  });

  return { download: guarded(download) };
}
