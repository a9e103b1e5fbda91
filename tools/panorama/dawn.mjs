// Dawn: a misty lake before mountains, one range behind the other, firs on the near bank.
import { mixed, role } from './colours.mjs';
import { HEIGHT } from './cylinder.mjs';
import { dark, fir, plain, spire, wood } from './plants.mjs';
import { hills, mist, mountains } from './ranges.mjs';
import { clouds, flocks, light, sky } from './sky.mjs';
import { glitter, water } from './water.mjs';

/** @type {import('./scenes.mjs').Scene} */
export const dawn = {
  palettes: [
    {
      sky0: '#7d92cf',
      sky1: '#aeb0de',
      sky2: '#e3c3da',
      sky3: '#fbdccb',
      glow: '#fff0d0',
      sun: '#fff6dc',
      cloud: '#f6dbe2',
      cloudShade: '#c3b3da',
      haze: '#f0d3d6',
      far: '#a7a5d2',
      mid: '#8288bd',
      near: '#55659c',
      front: '#26335f',
      water0: '#f0d0d3',
      water1: '#7f8cc4',
      glint: '#fdeadb',
      leaf: '#34477c',
      leafLit: '#5a6ba3',
      bird: '#55659c',
    },
    {
      sky0: '#92a0d8',
      sky1: '#d6b6d8',
      sky2: '#fcc7b9',
      sky3: '#ffe4b4',
      glow: '#fff0b8',
      sun: '#fffae6',
      cloud: '#ffe6cf',
      cloudShade: '#e3a9b8',
      haze: '#ffdfbc',
      far: '#d5a5b9',
      mid: '#a87fa6',
      near: '#6d5887',
      front: '#352d5c',
      water0: '#ffe0b6',
      water1: '#b794bf',
      glint: '#fff4cf',
      leaf: '#4a3d70',
      leafLit: '#8a6a95',
      bird: '#6d5887',
    },
  ],
  draw,
};

/** @param {import('./cylinder.mjs').Random} random @param {import('./scenes.mjs').Light} light */
function draw(random, { x, side, shines }) {
  const line = 43;
  const woods = mixed(role('mid'), role('near'), 0.3);
  const back = hills(random, {
    at: 35.5,
    height: 4,
    foot: line,
    ink: mixed(role('far'), role('mid'), 0.75),
    fade: 0.7,
    longest: 120,
  });
  const middle = hills(random, {
    at: 40.5,
    height: 3,
    foot: line,
    ink: woods,
    fade: 0.3,
    longest: 120,
  });
  const land = [
    ...mountains(random, {
      base: 42,
      high: 17,
      low: 31,
      spacing: 26,
      inks: [mixed(role('far'), role('haze'), 0.45), mixed(role('far'), role('haze'), 0.3)],
    }),
    ...mountains(random, {
      base: 44,
      high: 12,
      low: 34,
      spacing: 42,
      inks: [mixed(role('far'), role('mid'), 0.1), mixed(role('far'), role('mid'), 0.6)],
    }),
    back.body,
    mist(33, line, 0.4),
    ...wood(random, spire, middle.crest, side, {
      gap: 2.3,
      low: 1.6,
      high: 3.6,
      share: 0.5,
      inks: plain(woods),
      down: 0.8,
    }),
    middle.body,
  ];
  const bank = mixed(role('near'), role('front'), 0.2);
  const nearer = hills(random, {
    at: 55,
    height: 5,
    ink: bank,
    fade: 0,
    shortest: 30,
    longest: 192,
    decay: 0.9,
  });
  const front = hills(random, {
    at: 60,
    height: 4,
    ink: role('front'),
    fade: 0,
    shortest: 32,
    longest: 130,
  });
  return [
    sky(41),
    ...flocks(random, 6, 14),
    ...clouds(random, 'streak', 34, 4, 18),
    ...(shines ? light([x, random.between(17, 24)], 6.5, 40) : []),
    ...land,
    ...water(random, land, { line, end: HEIGHT, still: 0.72 }),
    ...(shines ? [glitter(x, line, 58)] : []),
    mist(36, 46, 0.45),
    ...wood(random, fir, nearer.crest, side, {
      gap: 2.4,
      low: 3,
      high: 11,
      share: 0.36,
      inks: { leaf: bank, lit: mixed(bank, role('leafLit'), 0.4) },
      down: 1.5,
    }),
    nearer.body,
    ...wood(random, fir, front.crest, side, {
      gap: 3.2,
      low: 6,
      high: 25,
      share: 0.3,
      inks: dark,
      down: 2,
      group: 34,
    }),
    front.body,
  ];
}
