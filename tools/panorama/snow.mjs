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
      sky0: '#4a82b8',
      sky1: '#74a5cf',
      sky2: '#9dc0dd',
      sky3: '#c9d9e8',
      glow: '#ffffff',
      sun: '#fff9ea',
      cloud: '#ffffff',
      cloudShade: '#c9d9e8',
      haze: '#e4e9f1',
      far: '#a3bddb',
      mid: '#7f9fc6',
      near: '#dfe9f4',
      front: '#f7fafd',
      shade: '#6f93c0',
      snow: '#ffffff',
      snowShade: '#b3cbe6',
      leaf: '#24506a',
      leafLit: '#4a7c8c',
      wall: '#93493a',
      wallShade: '#6b3536',
      roof: '#fdfdff',
      bird: '#4a6690',
      window: '#ffcb66',
    },
    {
      sky0: '#6f9bcc',
      sky1: '#9fbadb',
      sky2: '#b7b4d6',
      sky3: '#f3d2c4',
      glow: '#fff6da',
      sun: '#fffdf2',
      cloud: '#fff6ee',
      cloudShade: '#e3d2dc',
      haze: '#fdeade',
      far: '#bdbfdc',
      mid: '#9aa3c8',
      near: '#f0e8ee',
      front: '#fff8f0',
      shade: '#8f9cc8',
      snow: '#fffaf2',
      snowShade: '#c6c6e2',
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
  const sites = scatter(random, 62, 0.35);
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
      fade: 0.9,
      to: mixed(role('snowShade'), role('shade'), 0.3),
      longest: 150,
      shortest: 28,
    });
  const back = hills(random, {
    at: 40,
    height: 3.6,
    ink: mixed(role('mid'), role('snowShade'), 0.5),
    fade: 0.5,
    foot: 50,
    longest: 110,
  });
  const middle = drift(46, 3.4, 58, 0.2);
  const nearer = drift(53, 4, 66, 0);
  const front = hills(random, {
    at: 60,
    height: 3.6,
    ink: role('front'),
    fade: 0.4,
    to: role('snowShade'),
    longest: 150,
    shortest: 30,
  });
  // The mountains are white all over, and the sky behind them is darker than they are.
  return [
    sky(52),
    ...flocks(random, 7, 16),
    ...clouds(random, 'cumulus', 50, 7, 16),
    ...(shines ? light([x, random.between(10, 16)], 6, 42) : []),
    ...mountains(random, {
      base: 46,
      high: 20,
      low: 32,
      spacing: 26,
      inks: [mixed(role('far'), role('shade'), 0.7), role('shade')],
      fade: 0.6,
    }),
    ...mountains(random, {
      base: 50,
      high: 11,
      low: 30,
      spacing: 40,
      inks: [role('snow'), role('snowShade')],
      fade: 0.5,
    }),
    ...wood(random, spire, back.crest, side, {
      gap: 2.3,
      low: 2.4,
      high: 5,
      share: 0.55,
      inks: hazy(0.4),
      down: 0.8,
    }),
    back.body,
    mist(40, 52, 0.3),
    ...wood(random, fir, middle.crest, side, {
      gap: 2.8,
      low: 4,
      high: 9.5,
      share: 0.5,
      inks: hazy(0.2),
      down: 0.8,
      clear: sites,
    }),
    middle.body,
    ...villages(random, sites, (at) => middle.crest(at) + 2, true),
    ...wood(random, fir, nearer.crest, side, {
      gap: 2.8,
      low: 4,
      high: 13,
      share: 0.26,
      inks: hazy(0.08),
      down: 1,
      group: 40,
      clear: sites,
    }),
    nearer.body,
    ...wood(random, fir, front.crest, side, {
      gap: 3.4,
      low: 6,
      high: 24,
      share: 0.22,
      inks: leaves,
      down: 1.5,
      group: 34,
      clear: sites,
    }),
    front.body,
  ];
}
