// Snow: white mountains and hills, woods of fir, huts with lit windows.
import { mixed, role } from './colours.mjs';
import { scatter } from './cylinder.mjs';
import { villages } from './houses.mjs';
import { fir, hazy, leaves, spire, wood } from './plants.mjs';
import { hills, mist, mountains } from './ranges.mjs';
import { clouds, flocks, light, sky } from './sky.mjs';

/** @type {import('./scenes.mjs').Scene} */
export const snow = {
  palettes: [
    {
      sky0: '#5f97c8',
      sky1: '#9bc1de',
      sky2: '#cfe0ea',
      sky3: '#f0e8e8',
      glow: '#ffffff',
      sun: '#fff9ea',
      cloud: '#ffffff',
      cloudShade: '#c9d9e8',
      haze: '#e4e9f1',
      far: '#a3bddb',
      mid: '#7f9fc6',
      near: '#dfe9f4',
      front: '#f7fafd',
      lit: '#dfe6f0',
      shade: '#6f93c0',
      snow: '#ffffff',
      snowShade: '#b3cbe6',
      water0: '#d6e6f0',
      water1: '#7fb0d2',
      glint: '#ffffff',
      leaf: '#24506a',
      leafLit: '#4a7c8c',
      wall: '#93493a',
      wallShade: '#6b3536',
      roof: '#fdfdff',
      bird: '#4a6690',
      window: '#ffcb66',
    },
    {
      sky0: '#86b0da',
      sky1: '#bcd2e6',
      sky2: '#f3dfe0',
      sky3: '#ffead2',
      glow: '#fff6da',
      sun: '#fffdf2',
      cloud: '#fff6ee',
      cloudShade: '#e3d2dc',
      haze: '#fdeade',
      far: '#bdbfdc',
      mid: '#9aa3c8',
      near: '#f0e8ee',
      front: '#fff8f0',
      lit: '#f6e4e0',
      shade: '#8f9cc8',
      snow: '#fffaf2',
      snowShade: '#c6c6e2',
      water0: '#fbeadc',
      water1: '#a3b9d8',
      glint: '#fffbe8',
      leaf: '#35566e',
      leafLit: '#6f8a92',
      wall: '#ab5840',
      wallShade: '#7c3f40',
      roof: '#fffaf4',
      bird: '#6a7398',
      window: '#ffd572',
    },
  ],
  draw,
};

/** @param {import('./cylinder.mjs').Random} random @param {import('./scenes.mjs').Light} light */
function draw(random, { x, side, shines }) {
  const sites = scatter(random, 62, 0.3);
  const white = (/** @type {number} */ t) => mixed(role('near'), role('snowShade'), t);
  const drift = (
    /** @type {number} */ at,
    /** @type {number} */ height,
    /** @type {number} */ foot,
    /** @type {number} */ t,
  ) =>
    hills(random, {
      at,
      height,
      foot,
      ink: white(t),
      fade: 0.8,
      to: role('snowShade'),
      longest: 110,
      shortest: 28,
    });
  const back = hills(random, { at: 40.5, height: 3, ink: white(0.8), fade: 0.5, foot: 50 });
  const middle = drift(46, 2.8, 58, 0.3);
  const nearer = drift(52.5, 2.8, 64, 0.1);
  const front = hills(random, {
    at: 59,
    height: 2.8,
    ink: role('front'),
    fade: 0.4,
    to: role('snowShade'),
    longest: 110,
    shortest: 30,
  });
  return [
    sky(44),
    ...(shines ? light([x, random.between(9, 18)], 4.4, 32) : []),
    ...clouds(random, 'cumulus', 46, 8, 18),
    ...flocks(random, 8, 18),
    ...mountains(random, side, {
      base: 46,
      high: 21,
      low: 30,
      spacing: 22,
      lit: mixed(role('far'), role('haze'), 0.5),
      shade: mixed(role('far'), role('haze'), 0.2),
    }),
    ...mountains(random, side, {
      base: 50,
      high: 12,
      low: 28,
      spacing: 36,
      snowLine: 29,
      lit: mixed(role('far'), role('shade'), 0.2),
      shade: mixed(role('far'), role('shade'), 0.7),
    }),
    ...wood(random, spire, back.crest, side, {
      gap: 2.3,
      low: 3,
      high: 6,
      share: 0.55,
      inks: hazy(0.5),
      down: 0.8,
    }),
    back.body,
    mist(40, 52, 0.3),
    ...wood(random, fir, (at) => middle.crest(at) + 0.5, side, {
      gap: 3,
      low: 5,
      high: 9.5,
      share: 0.5,
      inks: hazy(0.22),
      clear: sites,
    }),
    middle.body,
    ...villages(random, sites, (at) => middle.crest(at) + 2, side, 1.5),
    nearer.body,
    ...wood(random, fir, (at) => nearer.crest(at) + 1.2, side, {
      gap: 5,
      low: 8,
      high: 14,
      share: 0.26,
      inks: hazy(0.08),
      down: 1,
      group: 40,
      clear: sites,
    }),
    ...wood(random, fir, (at) => front.crest(at) + 0.6, side, {
      gap: 6.5,
      low: 14,
      high: 26,
      share: 0.2,
      inks: leaves,
      down: 0.6,
      group: 44,
      clear: sites,
    }),
    front.body,
  ];
}
