// Dusk: the sun sinking into a sea with islands, villages lighting up among the cypresses of the coast.
import { mixed, role } from './colours.mjs';
import { HEIGHT, scatter } from './cylinder.mjs';
import { villages } from './houses.mjs';
import { dark, plain, poplar, wood } from './plants.mjs';
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
      water0: '#ec8f80',
      water1: '#3a316e',
      glint: '#ffcf94',
      leaf: '#1f1d49',
      leafLit: '#3d3470',
      wall: '#6a4580',
      wallShade: '#4a3673',
      roof: '#2a2152',
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
      water0: '#ffbd6a',
      water1: '#6b3274',
      glint: '#ffe9a0',
      leaf: '#2a1a48',
      leafLit: '#5f3366',
      wall: '#8a4a74',
      wallShade: '#623668',
      roof: '#381c4c',
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
  const sites = scatter(random, 60, 0.35);
  const farthest = hills(random, {
    at: 37.5,
    height: 9,
    foot: line,
    ink: mixed(role('far'), role('haze'), 0.45),
    fade: 0.6,
    shortest: 18,
    longest: 110,
    decay: 0.9,
  });
  const far = hills(random, {
    at: 39.5,
    height: 6,
    foot: line,
    ink: role('far'),
    fade: 0.35,
    shortest: 20,
    longest: 90,
    decay: 0.9,
  });
  const nearer = hills(random, {
    at: 42,
    height: 5,
    foot: line,
    ink: coast,
    fade: 0.1,
    shortest: 22,
    longest: 110,
    decay: 1,
  });
  const land = [farthest.body, far.body, nearer.body];
  const cape = hills(random, {
    at: 56.5,
    height: 6,
    ink: role('near'),
    fade: 0,
    shortest: 32,
    longest: 192,
    decay: 0.9,
  });
  const front = hills(random, {
    at: 61.5,
    height: 4,
    ink: role('front'),
    fade: 0,
    shortest: 32,
    longest: 130,
  });
  return [
    sky(line),
    ...flocks(random, 7, 20),
    ...clouds(random, 'streak', 22, 4, 26),
    ...(shines ? light([x, random.between(28, 36)], 8, 52) : []),
    ...land,
    ...water(random, land, { line, end: HEIGHT, still: 0.5 }),
    ...(shines ? [glitter(x, line, 63)] : []),
    ...wood(random, poplar, cape.crest, side, {
      gap: 2.6,
      low: 4,
      high: 11,
      share: 0.26,
      inks: plain(mixed(role('near'), role('front'), 0.35)),
      down: 1.5,
      group: 30,
      clear: sites,
    }),
    cape.body,
    ...villages(random, sites, (at) => cape.crest(at) + 0.6, true),
    ...wood(random, poplar, front.crest, side, {
      gap: 3.4,
      low: 5,
      high: 23,
      share: 0.24,
      inks: dark,
      down: 1.5,
      group: 34,
      clear: sites,
    }),
    front.body,
  ];
}
