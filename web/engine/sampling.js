// Made by tools/sampling_table.c of the engine's table: `make sampling`. Not to be edited.
// What a picture is sampled with: name, kind, what everyone begins with, limits. u64: a bigint.

export const SAMPLING = {
  seed: { type: 'u64', initial: 1n },
  class: { type: 'index', initial: null, least: 0, most: 249 },
  steps: { type: 'int', initial: 20, least: 1, most: 1000 },
  sampler: { type: 'enum', initial: 'dpm2m', names: ['dpm2m', 'heun', 'euler', 'ancestral', 'renoise'] },
  guidance: { type: 'float', initial: 1, least: 0, most: 20 },
  sigma_max: { type: 'float', initial: 80, least: 0, most: 1000 },
  sigma_min: { type: 'float', initial: 0.01, least: 0, most: 1000 },
  rho: { type: 'float', initial: 7, least: 1, most: 20 },
  other_seed: { type: 'u64', initial: 0n },
  mix: { type: 'float', initial: 0, least: 0, most: 1 },
  strength: { type: 'float', initial: 1, least: 0, most: 1 },
};
