// Desert: table mountains behind dunes, saguaros near by.
import { mixed, role } from './colours.mjs';
import { bush, cactus, leaves, wood } from './plants.mjs';
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
      snow: '#f6c98f',
      snowShade: '#a85a58',
      water0: '#8cc4b8',
      water1: '#2f8a98',
      glint: '#f7efcf',
      leaf: '#2a6657',
      leafLit: '#5c9468',
      wall: '#f0c48c',
      wallShade: '#a8624f',
      roof: '#7d3f3c',
      bird: '#7d4a52',
      window: '#5f2f38',
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
      snow: '#ffdc9a',
      snowShade: '#c06a4c',
      water0: '#bcd4ae',
      water1: '#4f9c94',
      glint: '#fff6cc',
      leaf: '#3f7352',
      leafLit: '#86a45c',
      wall: '#ffd698',
      wallShade: '#bd7048',
      roof: '#94452f',
      bird: '#8c4a3e',
      window: '#6f3030',
    },
  ],
  draw,
};

/** @param {import('./cylinder.mjs').Random} random @param {import('./scenes.mjs').Light} light */
function draw(random, { x, side, shines }) {
  const sand = { lit: role('near'), shade: mixed(role('near'), role('mid'), 0.75) };
  const front = hills(random, {
    at: 60,
    height: 2.8,
    ink: role('front'),
    fade: 0,
    longest: 110,
    shortest: 30,
  });
  return [
    sky(43),
    ...(shines ? light([x, random.between(11, 22)], 6, 36) : []),
    ...clouds(random, 'streak', 50, 6, 20),
    ...flocks(random, 8, 20),
    ...mesas(random, side, {
      base: 44,
      high: 26,
      low: 36,
      spacing: 27,
      lit: mixed(role('far'), role('haze'), 0.35),
      shade: role('far'),
    }),
    mist(28, 46, 0.6),
    ...mesas(random, side, {
      base: 46.5,
      high: 17,
      low: 34,
      spacing: 48,
      lit: role('lit'),
      shade: role('shade'),
    }),
    mist(36, 47, 0.55),
    ...dunes(random, side, {
      at: 46.5,
      height: 4.5,
      spacing: 38,
      lit: mixed(sand.lit, role('haze'), 0.4),
      shade: mixed(sand.shade, role('haze'), 0.35),
    }),
    ...dunes(random, side, { at: 53.5, height: 5.5, spacing: 52, ...sand }),
    ...wood(random, bush, () => 55.5, side, {
      gap: 9,
      low: 1.3,
      high: 2.2,
      share: 0.25,
      inks: leaves,
      down: 2,
    }),
    ...wood(random, cactus, front.crest, side, {
      gap: 11,
      low: 9,
      high: 20,
      share: 0.42,
      inks: leaves,
      down: 1.5,
      group: 44,
    }),
    front.body,
  ];
}
