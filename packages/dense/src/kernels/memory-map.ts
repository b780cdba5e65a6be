/**
 * Where the fields of the kernels' structures are, in 32-bit words: the order is that of `kernels/abi.h`.
 */

export const activations = ['identity', 'relu', 'tanh', 'gelu', 'silu'] as const;
export const heads = ['identity', 'heteroscedastic'] as const;
export const likelihoods = ['gaussian', 'heteroscedastic-gaussian', 'categorical', 'binary', 'none'] as const;
export const optimizers = ['sgd', 'adam'] as const;
/** What a section of work does, in parts; its arguments a, b, c. */
export const tasks = {
  /** mode, points, shards a part. A part is a point and some shards of its rows. */
  evaluate: 0,
  /** rows a part. A part is a first-layer matrix (shift, or a basis row) and some rows. */
  precompute: 1,
  /** point. A part is a shard. */
  gaussNewton: 2,
  /** start in the order. A part is a shard of the step's rows. */
  shardGradient: 3,
  /** rows of the step, step of the run, weights a part. */
  update: 4,
  /** rows a part. */
  outputs: 5,
} as const;
/** Rows of a tile: see `kernels/tiles.h`. */
export const TILE_ROWS = 16;
export const modes = { values: 0, gradients: 1, rowValues: 2 } as const;

export const layerFields: Fields<'in' | 'out' | 'weights' | 'bias' | 'ld' | 'transposed'> = fields(
  'in out weights bias ld transposed',
);

export const netFields: Fields<
  | 'layers'
  | 'activation'
  | 'head'
  | 'likelihood'
  | 'inputs'
  | 'ldx'
  | 'outputs'
  | 'targets'
  | 'size'
  | 'v'
  | 'fixedV'
  | 'variance'
  | 'planeStride'
  | 'layer'
> = fields('layers activation head likelihood inputs ldx outputs targets size v fixedV variance planeStride layer');

export const scratchFields: Fields<
  | 'blockRows'
  | 'generation'
  | 'point'
  | 'transposedAt'
  | 'sums'
  | 'gradient'
  | 'w'
  | 'g'
  | 't'
  | 'x'
  | 'y'
  | 'rowWeights'
  | 'panels'
  | 'tiles'
  | 'o'
  | 'dO'
  | 'slope'
  | 'd0'
  | 'd1'
  | 'tangents'
  | 'rows'
  | 'layer'
> = fields(
  'blockRows generation point transposedAt sums gradient w g t x y rowWeights panels tiles o dO slope d0 d1 tangents rows layer',
);

export const subspaceFields: Fields<
  | 'net'
  | 'x'
  | 'y'
  | 'yStride'
  | 'rowWeights'
  | 'rows'
  | 'generation'
  | 'shift'
  | 'basis'
  | 'dim'
  | 'z'
  | 'linear'
  | 'shards'
  | 'shardRows'
  | 'values'
  | 'gradients'
  | 'rowValues'
  | 'curvature'
> = fields(
  'net x y yStride rowWeights rows generation shift basis dim z linear shards shardRows values gradients rowValues curvature',
);

export const trainFields: Fields<
  | 'net'
  | 'x'
  | 'y'
  | 'yStride'
  | 'rowWeights'
  | 'rows'
  | 'order'
  | 'count'
  | 'batch'
  | 'step'
  | 'rowsOfShard'
  | 'mostShards'
  | 'points'
  | 'w'
  | 'point'
  | 'first'
  | 'second'
  | 'coefficients'
  | 'fixed'
  | 'gradients'
  | 'losses'
  | 'optimizer'
  | 'momentum'
  | 'nesterov'
  | 'beta2'
  | 'epsilon'
  | 'weightDecay'
  | 'rateFactors'
  | 'rates'
  | 'corrections'
> = fields(
  'net x y yStride rowWeights rows order count batch step rowsOfShard mostShards points w point first second coefficients fixed gradients losses optimizer momentum nesterov beta2 epsilon weightDecay rateFactors rates corrections',
);

export const outputFields: Fields<
  'net' | 'x' | 'y' | 'yStride' | 'rowWeights' | 'rows' | 'w' | 'direction' | 'out' | 'outStride'
> = fields('net x y yStride rowWeights rows w direction out outStride');

export const sectionFields: Fields<'task' | 'job' | 'a' | 'b' | 'c'> = fields('task job a b c');

type Fields<Name extends string> = Readonly<Record<Name, number>>;

function fields<Name extends string>(names: string): Fields<Name> {
  return Object.fromEntries(names.split(' ').map((name, word) => [name, word])) as Fields<Name>;
}
