// Made by tools/sampling_table.c of the engine's table: `make sampling`. Not to be edited.
// What a picture is sampled with: its name in JavaScript, kind, what everyone begins with, limits. u64: a bigint.

export const SAMPLING = {
  seed: { name: 'seed', type: 'u64', initial: 1n },
  class: { name: 'label', type: 'index', initial: null, least: 0, most: 249 },
  steps: { name: 'steps', type: 'int', initial: 20, least: 1, most: 1000 },
  sampler: { name: 'sampler', type: 'enum', initial: 'dpm2m', names: ['dpm2m', 'heun', 'euler', 'ancestral', 'renoise', 'sde'] },
  guidance: { name: 'guidance', type: 'float', initial: 1, least: 0, most: 20 },
  sigma_max: { name: 'sigmaMax', type: 'float', initial: 80, least: 0, most: 1000 },
  sigma_min: { name: 'sigmaMin', type: 'float', initial: 0.01, least: 0, most: 1000 },
  rho: { name: 'rho', type: 'float', initial: 7, least: 1, most: 20 },
  coarse_above: { name: 'coarseAbove', type: 'float', initial: 1000, least: 0, most: 1000 },
  other_seed: { name: 'otherSeed', type: 'u64', initial: 0n },
  mix: { name: 'mix', type: 'float', initial: 0, least: 0, most: 1 },
  strength: { name: 'strength', type: 'float', initial: 1, least: 0, most: 1 },
};
