/**
 * The paper's settings for its synthetic regression figures (Izmailov et al., 2019, Section 5.1 and their published code).
 *
 * What we do otherwise, and why: the paper samples one chain from z = 0 without warmup; we run four from the prior with warmup, so that R̂ can tell whether they agree.
 */
export const paper = {
  epochs: 3000,
  batchSize: 50,
  learningRate: 1e-2,
  momentum: 0.95,
  /** SWAG collects every epoch after two thirds of them (2000 of 3000). */
  collectFrom: 2 / 3,
  /** Of the noise while training: the loss is half the squared error. */
  trainingVariance: 1,
  /** Of the noise in the posterior; twenty times that of the data (0.05²), as in the paper. */
  posteriorVariance: 0.05,
  rank: 10,
  swagScale: 10,
  random: { priorStd: 1, temperature: 0.15 },
  pca: { priorStd: 5, temperature: 1.5 },
  plane: { priorStd: 1, temperature: 0.75 },
  /** Not the paper's: the curve's temperature, and a prior that is uniform along the curve. */
  tunnel: { priorStd: 1, temperature: 0.75 },
} as const;

/** Of a file, whose noise is learnt: the temperature is 1, as there is nothing that it would have to make up for. */
export const ownData = {
  random: { priorStd: 1, temperature: 1 },
  pca: { priorStd: 5, temperature: 1 },
  plane: { priorStd: 1, temperature: 1 },
  tunnel: { priorStd: 1, temperature: 1 },
} as const;

/** How long to train and sample: the default, and `--quick`. */
export const effort = {
  default: {
    runs: 5,
    epochs: paper.epochs,
    chains: 4,
    warmup: 200,
    draws: 600,
    nutsWarmup: 50,
    nutsDraws: 50,
    treeDepth: 5,
    iterations: 150,
    gridResolution: 64,
    gridTolerance: 0.02,
    samples: 200,
    surface: 41,
  },
  quick: {
    runs: 5,
    epochs: 200,
    chains: 2,
    warmup: 20,
    draws: 50,
    nutsWarmup: 15,
    nutsDraws: 15,
    treeDepth: 4,
    iterations: 25,
    gridResolution: 32,
    gridTolerance: 0.5,
    samples: 40,
    surface: 21,
  },
} as const;

export type Effort = { readonly [K in keyof (typeof effort)['default']]: number };
