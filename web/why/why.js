// The exhibit as a story: one change at a time, by a slider. Without this script all rows stand below each other.

/** What each row teaches, by the name of its picture. @type {Record<string, string>} */
const STORY = {
  seed: 'The design as it was written down. While learning it sees blurs of the finished picture; while drawing there is none, so it looks at its own output, and nothing takes shape.',
  skip: 'Skip connections let a deep network learn. This one learned the wrong thing more easily.',
  siren: 'Sines instead of a ramp: finer detail, of noise.',
  pixelgen: 'Another network that asks about single pixels. The question is still the same.',
  noisy: 'The blurs are of the noisy picture now, which exists while drawing too. First shadows of shapes.',
  edm: 'The question is changed: not “what was one step less noisy?”, which is nearly the input itself, but “what is the picture?”. The greatest step of all.',
  taps: 'A pixel looks at places all around it, not only at blurs in its own: now there are directions, and edges.',
  levels: 'Every blur is brought to the same strength before the network sees it.',
  film: 'How noisy it is, and what is wanted, is said in every layer as scales and shifts. Shapes become garments.',
  thumbnail: 'A small picture of the whole comes along. At this small budget it does not help.',
  residual: 'Blocks that add to what they are given. At this small budget they do not help either.',
  ours: 'A smoother bend in every neuron: the design of this page, trained as briefly as all the others.',
  tanh: 'For comparison: ours with the old bend.',
  'no-thumbnail': 'For comparison: ours without the thumbnail.',
  'global-scale': 'For comparison: ours with one strength for all blurs.',
  'ours-long': 'And then patience: the same network after four times the training.',
  shipped: 'A larger one after thirty times the training: the model that this page draws garments with.',
};
/** Those whose checkpoint is here can be tried. @type {Record<string, string>} */
const LIVE = {
  seed: 'index.html#model=seed&class=none&seed=7',
  shipped: 'index.html#model=fashion&class=9&seed=7',
};

/** @template {HTMLElement} T @param {string} id @param {new () => T} type */
function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof type)) throw new Error(`why.html has no ${id}`);
  return element;
}

const rows = [...document.querySelectorAll('.arm')];
const slider = byId('story-step', HTMLInputElement);
const [back, on] = ['story-back', 'story-on'].map((id) => byId(id, HTMLButtonElement));

/** @param {number} at */
function show(at) {
  const row = rows[at];
  const picture = /** @type {HTMLImageElement} */ (row.querySelector('img'));
  const name = /([\w-]+)\.png$/.exec(picture.src)?.[1] ?? '';
  const title = row.querySelector('strong')?.textContent ?? '';
  const figures = row.querySelector('figcaption span')?.textContent ?? '';
  byId('story-title', HTMLElement).textContent = title;
  byId('story-figures', HTMLElement).textContent = figures;
  byId('story-words', HTMLElement).textContent = STORY[name] ?? '';
  const large = byId('story-picture', HTMLImageElement);
  large.src = picture.src;
  large.alt = `Ten samples of: ${title}`;
  const link = byId('story-live', HTMLAnchorElement);
  link.hidden = !(name in LIVE);
  link.href = LIVE[name] ?? 'index.html';
  slider.value = String(at + 1);
  slider.setAttribute('aria-valuetext', `${at + 1} of ${rows.length}: ${title}, ${figures}`);
  back.disabled = at === 0;
  on.disabled = at === rows.length - 1;
}

slider.max = String(rows.length);
slider.addEventListener('input', () => show(Number(slider.value) - 1));
back.addEventListener('click', () => show(Number(slider.value) - 2));
on.addEventListener('click', () => show(Number(slider.value)));
byId('story', HTMLElement).hidden = false;
show(0);
