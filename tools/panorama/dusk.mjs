// Dusk: the sun sinking into a sea with islands and sails, villages and cypresses on the coast.
import { mixed, role } from './colours.mjs';
import { HEIGHT, scatter } from './cylinder.mjs';
import { boat, lighthouse, villages } from './houses.mjs';
import { dark, plain, poplar, spire, wood } from './plants.mjs';
import { hills } from './ranges.mjs';
import { clouds, flocks, light, sky } from './sky.mjs';
import { glitter, water } from './water.mjs';

/** @type {import('./scenes.mjs').Scene} */
export const dusk = {
  palettes: [
    {
      sky0: '#29295f',
      sky1: '#5d3f86',
      sky2: '#b0568c',
      sky3: '#f28d7a',
      glow: '#ffc58a',
      sun: '#ffe9b0',
      cloud: '#c9668f',
      cloudShade: '#6f4588',
      haze: '#e0868a',
      far: '#85508f',
      mid: '#573b7c',
      near: '#362b63',
      front: '#17173d',
      lit: '#d8748c',
      shade: '#4c387c',
      snow: '#f2b0a8',
      snowShade: '#8a5a96',
      water0: '#ec8f80',
      water1: '#3a316e',
      glint: '#ffcf94',
      leaf: '#1f1d49',
      leafLit: '#3d3470',
      wall: '#b0708f',
      wallShade: '#54417c',
      roof: '#3a2a60',
      bird: '#1b1a44',
      window: '#ffd76a',
    },
    {
      sky0: '#41316f',
      sky1: '#923f80',
      sky2: '#ea655f',
      sky3: '#ffb85f',
      glow: '#ffd27a',
      sun: '#fff3c0',
      cloud: '#ff9a66',
      cloudShade: '#b04a74',
      haze: '#ffab68',
      far: '#b8527a',
      mid: '#7e3a70',
      near: '#4c2a5c',
      front: '#211540',
      lit: '#ff9a6a',
      shade: '#6d3570',
      snow: '#ffc79a',
      snowShade: '#b55f7f',
      water0: '#ffbd6a',
      water1: '#6b3274',
      glint: '#ffe9a0',
      leaf: '#2a1a48',
      leafLit: '#5f3366',
      wall: '#e0857a',
      wallShade: '#6f3f70',
      roof: '#4a2458',
      bird: '#2a1848',
      window: '#ffe07a',
    },
  ],
  draw,
};

/** @param {import('./cylinder.mjs').Random} random @param {import('./scenes.mjs').Light} light */
function draw(random, { x, side, shines }) {
  const line = 41;
  const coast = mixed(role('far'), role('mid'), 0.85);
  const sites = scatter(random, 70, 0.25);
  const far = hills(random, {
    at: 38.5,
    height: 6,
    foot: line,
    ink: role('far'),
    fade: 0.35,
    shortest: 14,
    decay: 0.9,
  });
  const nearer = hills(random, {
    at: 41.8,
    height: 6,
    foot: line,
    ink: coast,
    fade: 0.1,
    shortest: 16,
    decay: 1,
  });
  const land = [
    far.body,
    ...wood(random, spire, nearer.crest, side, {
      gap: 2.3,
      low: 2.4,
      high: 5,
      share: 0.3,
      inks: plain(coast),
      down: 0.5,
      lowest: line - 0.8,
    }),
    nearer.body,
  ];
  const cape = hills(random, {
    at: 57,
    height: 5,
    ink: role('near'),
    fade: 0,
    shortest: 32,
    longest: 110,
  });
  const front = hills(random, {
    at: 61.5,
    height: 3,
    ink: role('front'),
    fade: 0,
    shortest: 32,
    longest: 110,
  });
  const boats = scatter(random, 64, 0.4).flatMap((at) =>
    random.between() < 0.6
      ? boat(random, [at, random.between(line + 3, line + 8)], random.between(1.2, 1.5))
      : [],
  );
  const spots = sites
    .filter(() => random.between() < 0.45)
    .map((at) => at + random.pick([-26, 26]))
    .filter((at) => cape.crest(at) < 58);
  const lights = spots.flatMap((at) => lighthouse([at, cape.crest(at)], side(at), 15));
  const clear = [...sites, ...spots];
  return [
    sky(line),
    ...(shines ? light([x, random.between(29, 35)], 7, 44) : []),
    ...clouds(random, 'streak', 23, 5, 28),
    ...flocks(random, 8, 24),
    ...land,
    ...water(random, land, { line, end: HEIGHT, still: 0.5 }),
    ...(shines ? glitter(random, x, line, 62, 8) : []),
    ...boats,
    ...lights,
    cape.body,
    ...villages(random, sites, (at) => cape.crest(at) + 0.2, side, 1.5),
    ...wood(random, poplar, cape.crest, side, {
      gap: 3,
      low: 7,
      high: 13,
      share: 0.22,
      inks: { leaf: mixed(role('near'), role('front'), 0.6), lit: role('near') },
      down: 1.5,
      group: 30,
      clear,
    }),
    ...wood(random, poplar, front.crest, side, {
      gap: 4.4,
      low: 12,
      high: 24,
      share: 0.2,
      inks: dark,
      down: 1.5,
      group: 44,
      clear,
    }),
    front.body,
  ];
}
