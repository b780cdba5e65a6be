/**
 * Where the fields of the kernels' structures are, in 32-bit words: the order is that of `kernels/abi.h`.
 */

export const activations = ['identity', 'relu', 'tanh', 'gelu', 'silu'] as const;
export const heads = ['identity', 'heteroscedastic'] as const;
export const likelihoods = ['gaussian', 'heteroscedastic-gaussian', 'categorical', 'none'] as const;
export const optimizers = ['sgd', 'adam'] as const;
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
> = fields(
  'layers activation head likelihood inputs ldx outputs targets size v fixedV variance planeStride layer',
);

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
  | 'o'
  | 'dO'
  | 'slope'
  | 'd0'
  | 'd1'
  | 'tangents'
  | 'rows'
  | 'layer'
> = fields(
  'blockRows generation point transposedAt sums gradient w g t x y rowWeights panels o dO slope d0 d1 tangents rows layer',
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
  | 'linearStride'
  | 'shards'
  | 'shardRows'
  | 'values'
  | 'gradients'
  | 'rowValues'
  | 'curvature'
> = fields(
  'net x y yStride rowWeights rows generation shift basis dim z linear linearStride shards shardRows values gradients rowValues curvature',
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
  | 'shards'
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
  'net x y yStride rowWeights rows order count batch step shards points w point first second coefficients fixed gradients losses optimizer momentum nesterov beta2 epsilon weightDecay rateFactors rates corrections',
);

export const outputFields: Fields<
  'net' | 'x' | 'y' | 'yStride' | 'rowWeights' | 'rows' | 'w' | 'direction' | 'out' | 'outStride'
> = fields('net x y yStride rowWeights rows w direction out outStride');

type Fields<Name extends string> = Readonly<Record<Name, number>>;

function fields<Name extends string>(names: string): Fields<Name> {
  return Object.fromEntries(names.split(' ').map((name, word) => [name, word])) as Fields<Name>;
}
