// Desert: table mountains behind dunes, thickets near by.
import { mixed, role } from './colours.mjs';
import { leaves, round, wood } from './plants.mjs';
import { dunes, hills, mesas, mist } from './ranges.mjs';
import { clouds, flocks, light, sky } from './sky.mjs';

/** @type {import('./scenes.mjs').Scene} */
export const desert = {
  palettes: [
    {
      sky0: '#2a8ba6',
      sky1: '#74b9b8',
      sky2: '#d3d8b2',
      sky3: '#f7dfaa',
      glow: '#fff0c4',
      sun: '#fffbe8',
      cloud: '#f3e6c8',
      cloudShade: '#bccfbd',
      haze: '#f3d3a4',
      far: '#c4939a',
      mid: '#c46a54',
      near: '#e0a05c',
      front: '#7d3437',
      lit: '#efa56c',
      shade: '#8a4453',
      leaf: '#2a6657',
      leafLit: '#5c9468',
      bird: '#7d4a52',
    },
    {
      sky0: '#5aa6a8',
      sky1: '#b0ccb2',
      sky2: '#f7dc9c',
      sky3: '#ffd28c',
      glow: '#fff0b0',
      sun: '#fffdf0',
      cloud: '#ffe9bc',
      cloudShade: '#e3c497',
      haze: '#ffcf8f',
      far: '#d9957c',
      mid: '#d56c44',
      near: '#edb15c',
      front: '#8c3a2e',
      lit: '#ffc079',
      shade: '#a34c46',
      leaf: '#3f7352',
      leafLit: '#86a45c',
      bird: '#8c4a3e',
    },
  ],
  draw,
};

/** @param {import('./cylinder.mjs').Random} random @param {import('./scenes.mjs').Light} light */
function draw(random, { x, side, shines }) {
  const sand = { lit: role('near'), shade: mixed(role('near'), role('mid'), 0.75) };
  const front = hills(random, {
    at: 60,
    height: 4,
    ink: role('front'),
    fade: 0,
    longest: 130,
    shortest: 30,
  });
  return [
    sky(43),
    ...flocks(random, 7, 18),
    ...clouds(random, 'streak', 46, 5, 18),
    ...(shines ? light([x, random.between(11, 19)], 7, 46) : []),
    ...mesas(random, {
      base: 44,
      high: 23,
      low: 36,
      spacing: 27,
      lit: mixed(role('far'), role('haze'), 0.3),
      shade: role('far'),
      layer: role('haze'),
      fade: 0.7,
    }),
    mist(28, 46, 0.35),
    ...mesas(random, {
      base: 47,
      high: 14,
      low: 35,
      spacing: 50,
      lit: role('mid'),
      shade: role('shade'),
      layer: role('lit'),
      fade: 0.5,
    }),
    mist(38, 48, 0.45),
    ...dunes(random, side, {
      at: 47.5,
      height: 4.5,
      spacing: 40,
      lit: mixed(sand.lit, role('haze'), 0.4),
      shade: mixed(sand.shade, role('haze'), 0.3),
    }),
    ...dunes(random, side, { at: 55, height: 6, spacing: 52, ...sand }),
    ...wood(random, round, () => 55, side, {
      gap: 3.2,
      low: 2,
      high: 4.5,
      share: 0.3,
      inks: leaves,
      down: 3,
      group: 20,
    }),
    ...wood(random, round, front.crest, side, {
      gap: 4.5,
      low: 4,
      high: 9,
      share: 0.34,
      inks: leaves,
      down: 1.5,
      group: 34,
    }),
    front.body,
  ];
}
