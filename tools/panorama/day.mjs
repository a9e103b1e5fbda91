// Day: villages on a lake before snowy mountains, a meadow with round trees.
import { mixed, role } from './colours.mjs';
import { HEIGHT, scatter } from './cylinder.mjs';
import { villages } from './houses.mjs';
import { bush, dark, leaves, plain, poplar, round, spire, wood } from './plants.mjs';
import { hills, mist, mountains, sunlit } from './ranges.mjs';
import { clouds, flocks, light, sky } from './sky.mjs';
import { glitter, water } from './water.mjs';

/** @type {import('./scenes.mjs').Scene} */
export const day = {
  palettes: [
    {
      sky0: '#2b7fc6',
      sky1: '#58a6de',
      sky2: '#9bd1ef',
      sky3: '#def2f4',
      glow: '#ffffff',
      sun: '#fffbe0',
      cloud: '#ffffff',
      cloudShade: '#c2dff0',
      haze: '#d6ecf0',
      far: '#8fb6da',
      mid: '#5fa68f',
      near: '#3f9160',
      front: '#17584a',
      lit: '#d4e6ee',
      shade: '#5f8fc0',
      snow: '#ffffff',
      snowShade: '#b9d5ec',
      water0: '#bfe6f0',
      water1: '#3f94c4',
      glint: '#ffffff',
      leaf: '#2a7452',
      leafLit: '#66ac58',
      meadow: '#9cc75a',
      wall: '#fff4e2',
      wallShade: '#d3c8c4',
      roof: '#d95f3f',
      bird: '#3a5f8c',
      window: '#4f6f8c',
    },
    {
      sky0: '#3f93d2',
      sky1: '#7dc0e6',
      sky2: '#bfe4ee',
      sky3: '#fbf6df',
      glow: '#fff9d8',
      sun: '#fffdf0',
      cloud: '#fffdf3',
      cloudShade: '#d8e0e6',
      haze: '#f3f1dc',
      far: '#a5c6d6',
      mid: '#8cbc86',
      near: '#5fa453',
      front: '#246247',
      lit: '#eef0dc',
      shade: '#7fa6bd',
      snow: '#fffdf2',
      snowShade: '#c8dae2',
      water0: '#e3f1e4',
      water1: '#58a9c8',
      glint: '#fffdec',
      leaf: '#3f8a4c',
      leafLit: '#93c157',
      meadow: '#cbd962',
      wall: '#fff6de',
      wallShade: '#dccdb8',
      roof: '#e5703f',
      bird: '#4f6f8c',
      window: '#5a7488',
    },
  ],
  draw,
};

/** @param {import('./cylinder.mjs').Random} random @param {import('./scenes.mjs').Light} light */
function draw(random, { x, side, shines }) {
  const line = 45;
  const woods = mixed(role('mid'), role('far'), 0.4);
  const sites = scatter(random, 64, 0.3);
  const back = hills(random, { at: 37, height: 3.2, foot: line, ink: woods, fade: 0.3 });
  const middle = hills(random, {
    at: 41.5,
    height: 2.8,
    foot: line + 1,
    ink: role('near'),
    fade: 0.1,
    longest: 90,
    shortest: 20,
  });
  const land = [
    ...mountains(random, side, {
      base: 44,
      high: 23,
      low: 31,
      spacing: 22,
      lit: mixed(role('far'), role('haze'), 0.5),
      shade: mixed(role('far'), role('haze'), 0.25),
    }),
    ...mountains(random, side, {
      base: 45,
      high: 15,
      low: 29,
      spacing: 36,
      snowLine: 24,
      lit: mixed(role('far'), role('shade'), 0.25),
      shade: mixed(role('far'), role('shade'), 0.85),
    }),
    ...wood(random, spire, back.crest, side, {
      gap: 2.3,
      low: 2.4,
      high: 4.6,
      share: 0.45,
      inks: plain(woods),
      down: 0.8,
    }),
    back.body,
    mist(36, 46, 0.2),
    middle.body,
    sunlit(random, middle.crest, 2.6, role('leafLit'), 0.85),
    ...wood(random, poplar, middle.crest, side, {
      gap: 2.8,
      low: 5,
      high: 8.5,
      share: 0.2,
      inks: leaves,
      down: 1,
      group: 24,
    }),
    ...villages(random, sites, (at) => middle.crest(at) + 1.2, side, 1.5),
    ...wood(random, round, (at) => middle.crest(at) + 1.8, side, {
      gap: 4,
      low: 3.8,
      high: 5.6,
      share: 0.36,
      inks: leaves,
      down: 1.2,
      group: 24,
      clear: sites,
    }),
  ];
  const meadow = hills(random, {
    at: 54,
    height: 2.8,
    ink: mixed(role('meadow'), role('leafLit'), 0.3),
    fade: 0,
    longest: 110,
    shortest: 30,
  });
  const front = hills(random, {
    at: 59.5,
    height: 2.6,
    ink: role('front'),
    fade: 0,
    longest: 110,
    shortest: 30,
  });
  return [
    sky(44),
    ...(shines ? light([x, random.between(8, 14)], 4, 30) : []),
    ...clouds(random, 'cumulus', 29, 9, 24),
    ...flocks(random, 8, 20),
    ...land,
    ...water(random, land, { line, end: HEIGHT, still: 0.55 }),
    ...(shines ? glitter(random, x, line, 54, 4) : []),
    meadow.body,
    sunlit(random, (at) => meadow.crest(at) - 0.1, 2, role('meadow'), 1),
    ...wood(random, round, meadow.crest, side, {
      gap: 7,
      low: 8,
      high: 14,
      share: 0.26,
      inks: leaves,
      down: 2,
      group: 40,
    }),
    ...wood(random, bush, (at) => front.crest(at) + 0.5, side, {
      gap: 5,
      low: 2,
      high: 3.6,
      share: 0.4,
      inks: dark,
    }),
    front.body,
  ];
}
