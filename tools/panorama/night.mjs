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
      snow: '#a9c8e2',
      snowShade: '#4a75a6',
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
      snow: '#dcecf2',
      snowShade: '#6a96bc',
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
  const moon = /** @type {import('./cylinder.mjs').Point} */ ([x, random.between(9, 18)]);
  const sites = scatter(random, 58, 0.3);
  const back = hills(random, { at: 37.5, height: 3.2, foot: line, ink: role('mid'), fade: 0.35 });
  const shore = hills(random, {
    at: 42,
    height: 2,
    foot: line + 0.5,
    ink: role('near'),
    fade: 0,
    longest: 90,
  });
  const land = [
    ...mountains(random, side, {
      base: 45,
      high: 23,
      low: 32,
      spacing: 22,
      lit: mixed(role('far'), role('haze'), 0.4),
      shade: mixed(role('far'), role('haze'), 0.15),
    }),
    ...mountains(random, side, {
      base: 46,
      high: 15,
      low: 30,
      spacing: 36,
      snowLine: 24.5,
      lit: mixed(role('far'), role('lit'), 0.35),
      shade: mixed(role('far'), role('shade'), 0.6),
    }),
    ...wood(random, spire, back.crest, side, {
      gap: 2.3,
      low: 2.6,
      high: 5.2,
      share: 0.45,
      inks: plain(role('mid')),
      down: 0.8,
    }),
    back.body,
    mist(38, 46, 0.3),
    shore.body,
    ...wood(random, fir, (at) => shore.crest(at) + 0.4, side, {
      gap: 2.8,
      low: 4,
      high: 7.5,
      share: 0.4,
      inks: { leaf: mixed(role('near'), role('front'), 0.3), lit: role('near') },
      group: 30,
      clear: sites,
    }),
    ...villages(random, sites, (at) => shore.crest(at) + 0.4, side, 1.45),
  ];
  const front = hills(random, {
    at: 59.5,
    height: 3.4,
    ink: role('front'),
    fade: 0,
    longest: 110,
    shortest: 30,
  });
  return [
    sky(43),
    ...stars(random, 29, shines ? moon : null),
    ...(shines ? light(moon, 4.4, 34) : []),
    ...clouds(random, 'streak', 48, 10, 26),
    ...land,
    ...water(random, land, { line, end: HEIGHT, still: 0.78 }),
    ...(shines ? glitter(random, x, line, 58, 4.4) : []),
    ...wood(random, fir, front.crest, side, {
      gap: 5.5,
      low: 10,
      high: 23,
      share: 0.32,
      inks: dark,
      down: 2,
      group: 44,
    }),
    front.body,
  ];
}
