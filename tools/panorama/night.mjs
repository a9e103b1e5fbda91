// Night: moon and stars above a lake, lit windows and their mirror images on the far shore.
import { mixed, role } from './colours.mjs';
import { HEIGHT, scatter } from './cylinder.mjs';
import { villages } from './houses.mjs';
import { dark, fir, plain, spire, wood } from './plants.mjs';
import { hills, mist, mountains } from './ranges.mjs';
import { clouds, light, sky, stars } from './sky.mjs';
import { glitter, water } from './water.mjs';

/** @type {import('./scenes.mjs').Scene} */
export const night = {
  palettes: [
    {
      sky0: '#0a1233',
      sky1: '#132455',
      sky2: '#1f3d76',
      sky3: '#3d6796',
      glow: '#9fc3df',
      sun: '#fdf6d8',
      cloud: '#2c4d84',
      cloudShade: '#1b3263',
      haze: '#3f6a96',
      far: '#335888',
      mid: '#223f70',
      near: '#162b58',
      front: '#070f2b',
      lit: '#5f8ab4',
      shade: '#213f72',
      water0: '#447099',
      water1: '#0e1d48',
      glint: '#d4e6ee',
      leaf: '#0c1a3e',
      leafLit: '#1d3766',
      wall: '#3b5687',
      wallShade: '#1c3262',
      roof: '#0f1f47',
      bird: '#0d1c45',
      window: '#ffc95c',
      star: '#eef4ff',
    },
    {
      sky0: '#101d4c',
      sky1: '#1e3a74',
      sky2: '#3a6598',
      sky3: '#7ba3c0',
      glow: '#e4f1f4',
      sun: '#fffbe6',
      cloud: '#6f97bc',
      cloudShade: '#34598c',
      haze: '#86abc4',
      far: '#4d78a4',
      mid: '#30568a',
      near: '#1d3868',
      front: '#0a1536',
      lit: '#9fc3d8',
      shade: '#2d5488',
      water0: '#8db2c6',
      water1: '#16305f',
      glint: '#fff8dc',
      leaf: '#10244e',
      leafLit: '#2f5684',
      wall: '#5a80a8',
      wallShade: '#274676',
      roof: '#16305c',
      bird: '#12265a',
      window: '#ffd36e',
      star: '#f6f8ff',
    },
  ],
  draw,
};

/** @param {import('./cylinder.mjs').Random} random @param {import('./scenes.mjs').Light} light */
function draw(random, { x, side, shines }) {
  const line = 44;
  const moon = /** @type {import('./cylinder.mjs').Point} */ ([x, random.between(11, 17)]);
  const sites = scatter(random, 54, 0.35);
  const back = hills(random, {
    at: 37,
    height: 4,
    foot: line,
    ink: mixed(role('mid'), role('near'), 0.3),
    fade: 0.35,
    longest: 110,
  });
  const shore = hills(random, {
    at: 42,
    height: 2.4,
    foot: line + 0.5,
    ink: role('near'),
    fade: 0,
    longest: 110,
  });
  // The mountains are all brighter than the sky behind them, by the light of the moon.
  const land = [
    ...mountains(random, {
      base: 45,
      high: 21,
      low: 34,
      spacing: 26,
      inks: [mixed(role('far'), role('haze'), 0.3), mixed(role('far'), role('shade'), 0.25)],
      fade: 0.3,
    }),
    ...mountains(random, {
      base: 46,
      high: 13,
      low: 33,
      spacing: 42,
      snow: [14, 34, mixed(role('far'), role('lit'), 0.45)],
      inks: [mixed(role('far'), role('lit'), 0.45), mixed(role('far'), role('lit'), 0.1)],
      fade: 0.2,
    }),
    ...wood(random, spire, back.crest, side, {
      gap: 2.3,
      low: 2,
      high: 4.6,
      share: 0.45,
      inks: plain(mixed(role('mid'), role('near'), 0.3)),
      down: 0.8,
    }),
    back.body,
    mist(38, 46, 0.3),
    ...wood(random, fir, shore.crest, side, {
      gap: 2.6,
      low: 3,
      high: 7,
      share: 0.4,
      inks: plain(mixed(role('near'), role('front'), 0.2)),
      down: 0.8,
      clear: sites,
    }),
    shore.body,
    ...villages(random, sites, (at) => shore.crest(at) + 0.8, true),
  ];
  const front = hills(random, {
    at: 59,
    height: 5,
    ink: role('front'),
    fade: 0,
    longest: 192,
    shortest: 30,
    decay: 0.9,
  });
  return [
    sky(43),
    ...stars(random, 29, shines ? moon : null),
    ...clouds(random, 'streak', 44, 8, 24),
    ...(shines ? light(moon, 6, 42) : []),
    ...land,
    ...water(random, land, { line, end: HEIGHT, still: 0.78 }),
    ...(shines ? [glitter(x, line, 60)] : []),
    ...wood(random, fir, front.crest, side, {
      gap: 3.2,
      low: 6,
      high: 24,
      share: 0.28,
      inks: dark,
      down: 2,
      group: 34,
    }),
    front.body,
  ];
}
