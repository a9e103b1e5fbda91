// How a picture is sampled, as the engine has it (src/denoise/options.c). Written by `make sampling`; not by hand.
export const SAMPLING = {
  seed: { kind: 'seed', range: [0, 0], names: [] },
  class: { kind: 'index', range: [0, 249], names: [] },
  steps: { kind: 'whole', range: [1, 1000], names: [] },
  sampler: { kind: 'name', range: [0, 0], names: ['dpm2m', 'heun', 'euler', 'ancestral', 'renoise'] },
  guidance: { kind: 'number', range: [0, 20], names: [] },
  sigma_max: { kind: 'number', range: [0, 1000], names: [] },
  sigma_min: { kind: 'number', range: [0, 1000], names: [] },
  rho: { kind: 'number', range: [1, 20], names: [] },
  other_seed: { kind: 'seed', range: [0, 0], names: [] },
  mix: { kind: 'number', range: [0, 1], names: [] },
  strength: { kind: 'number', range: [0, 1], names: [] },
};

/** What an option is called in JavaScript: other_seed is otherSeed. @param {string} key */
export const optionOf = (key) =>
  key === 'class' ? 'label' : key.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
