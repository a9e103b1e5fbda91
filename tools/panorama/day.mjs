// Day: a summer valley with a lake, a village on its far shore, trees on the meadow near by.
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
      shade: '#5f8fc0',
      snow: '#ffffff',
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
      shade: '#7fa6bd',
      snow: '#fffdf2',
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
  const woods = mixed(role('mid'), role('far'), 0.3);
  const sites = scatter(random, 64, 0.35);
  const back = hills(random, {
    at: 36.5,
    height: 4,
    foot: line,
    ink: woods,
    fade: 0.25,
    longest: 110,
  });
  const middle = hills(random, {
    at: 41.5,
    height: 3.2,
    foot: line + 1,
    ink: role('near'),
    fade: 0.1,
    longest: 110,
    shortest: 20,
  });
  const land = [
    ...mountains(random, {
      base: 43,
      high: 22,
      low: 33,
      spacing: 26,
      inks: [mixed(role('far'), role('haze'), 0.15), mixed(role('far'), role('shade'), 0.2)],
      fade: 0.6,
    }),
    ...mountains(random, {
      base: 46,
      high: 11,
      low: 31,
      spacing: 42,
      snow: [16.5, 25, role('snow')],
      inks: [mixed(role('far'), role('shade'), 0.75), mixed(role('shade'), role('bird'), 0.3)],
      fade: 0.6,
    }),
    ...wood(random, spire, back.crest, side, {
      gap: 2.3,
      low: 2,
      high: 4.2,
      share: 0.45,
      inks: plain(woods),
      down: 0.8,
    }),
    back.body,
    mist(36, 46, 0.2),
    ...wood(random, poplar, middle.crest, side, {
      gap: 2.8,
      low: 4.5,
      high: 8.5,
      share: 0.22,
      inks: leaves,
      down: 1,
      group: 24,
    }),
    middle.body,
    sunlit(random, middle.crest, 2.6, role('leafLit'), 0.85),
    ...villages(random, sites, (at) => middle.crest(at) + 1.4, false),
    ...wood(random, round, (at) => middle.crest(at) + 2, side, {
      gap: 3.4,
      low: 3,
      high: 5.2,
      share: 0.4,
      inks: leaves,
      down: 1.2,
      group: 24,
      clear: sites,
    }),
  ];
  const meadow = hills(random, {
    at: 54.5,
    height: 4,
    ink: mixed(role('meadow'), role('leafLit'), 0.3),
    fade: 0,
    longest: 192,
    shortest: 30,
    decay: 0.9,
  });
  const front = hills(random, {
    at: 60.5,
    height: 3.4,
    ink: role('front'),
    fade: 0,
    longest: 130,
    shortest: 30,
  });
  return [
    sky(44),
    ...flocks(random, 7, 18),
    ...clouds(random, 'cumulus', 33, 9, 24),
    ...(shines ? light([x, random.between(9, 13)], 6, 40) : []),
    ...land,
    ...water(random, land, { line, end: HEIGHT, still: 0.55 }),
    ...(shines ? [glitter(x, line, 56)] : []),
    meadow.body,
    sunlit(random, (at) => meadow.crest(at) - 0.1, 2.4, role('meadow'), 1),
    ...wood(random, round, (at) => meadow.crest(at) + 0.5, side, {
      gap: 6,
      low: 6,
      high: 15,
      share: 0.24,
      inks: leaves,
      down: 2,
      group: 40,
    }),
    ...wood(random, bush, (at) => front.crest(at) + 0.5, side, {
      gap: 5,
      low: 1.6,
      high: 3.4,
      share: 0.4,
      inks: dark,
    }),
    front.body,
  ];
}
