import { input, type LayersModel, layers, model, type SymbolicTensor, sequential } from '@tensorflow/tfjs-layers';

type Layer = Parameters<ReturnType<typeof sequential>['add']>[0];

/** A model around one layer, and what is known of it. */
export interface LayerCase {
  readonly title?: string;
  readonly model: () => LayersModel;
  /** Inputs are whole numbers from 0 to this; normal numbers by default. */
  readonly integers?: number;
  /** `layersNetwork` refuses the model with words like these. */
  readonly refused?: RegExp;
  /** Gradients are refused on every backend. */
  readonly untrainable?: true;
  /** Gradients are refused on wasm, by a message with this in it. */
  readonly refusedOnWasm?: RegExp;
  /** TensorFlow.js has no second derivative, which products with the Jacobian need. */
  readonly onlyOnce?: true;
}

/** Without chained operations, TensorFlow.js cannot make its default initializer of recurrent weights. */
const recurrentInitializer = 'glorotUniform';

const on = (layer: { apply(x: SymbolicTensor | SymbolicTensor[]): unknown }, x: SymbolicTensor | SymbolicTensor[]) =>
  layer.apply(x) as SymbolicTensor;

/** A body, and a dense layer on all that it makes of a row. */
function functional(inputShape: number[], body: (x: SymbolicTensor) => SymbolicTensor): LayersModel {
  const start = input({ shape: inputShape });
  const h = body(start);
  const rows = h.shape.length > 2 ? on(layers.flatten(), h) : h;
  return model({ inputs: start, outputs: on(layers.dense({ units: 2 }), rows) });
}

/** The layers asked for, first: no gradient flows through their inputs. */
function first(inputShape: number[], ...inside: Layer[]): LayersModel {
  return functional(inputShape, (x) => inside.reduce((h, layer) => on(layer, h), x));
}

/** A dense layer before them: gradients flow through the layers' weights and through their inputs. */
function between(inputShape: number[], ...inside: Layer[]): LayersModel {
  const units = inputShape[inputShape.length - 1];
  return first(inputShape, layers.dense({ units, activation: 'tanh' }), ...inside);
}

/** One number a step, of which about half are 0 and masked. */
const masked = () => [layers.dense({ units: 1, activation: 'relu' }), layers.masking()];

/** Two dense branches, merged. */
const merged = (layer: Layer): LayersModel =>
  functional([3], (x) =>
    on(layer, [on(layers.dense({ units: 4, activation: 'tanh' }), x), on(layers.dense({ units: 4 }), x)]),
  );

const vector = (layer: () => Layer) => [{ model: () => between([4], layer()) }];
const onImage = (layer: () => Layer, more: Partial<LayerCase> = {}): LayerCase[] => [
  { ...more, model: () => between([5, 4, 2], layer()) },
];
const onSeries = (layer: () => Layer, more: Partial<LayerCase> = {}): LayerCase[] => [
  { ...more, model: () => between([5, 2], layer()) },
];
const onVolume = (layer: () => Layer, more: Partial<LayerCase> = {}): LayerCase[] => [
  { onlyOnce: true, ...more, model: () => between([4, 3, 4, 2], layer()) },
];

const recurrent = (
  make: (options: {
    units: number;
    returnSequences?: boolean;
    goBackwards?: boolean;
    returnState?: boolean;
    stateful?: boolean;
  }) => Layer,
  states: number,
): LayerCase[] => [
  { model: () => between([4, 3], make({ units: 3 })) },
  {
    title: 'backwards, all steps',
    model: () => between([4, 3], make({ units: 3, returnSequences: true, goBackwards: true })),
  },
  {
    title: 'after Masking',
    model: () => between([4, 3], ...masked(), make({ units: 3, returnSequences: true }), make({ units: 2 })),
  },
  {
    title: 'after Embedding with maskZero',
    integers: 3,
    model: () =>
      first(
        [5],
        layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true }),
        make({ units: 3, returnSequences: true }),
        make({ units: 2 }),
      ),
    refusedOnWasm: /Embedding/,
  },
  {
    title: 'with initial states',
    model: () =>
      functional([4, 3], (x) => {
        const flat = on(layers.flatten(), x);
        const initial = Array.from({ length: states }, () => on(layers.dense({ units: 3, activation: 'tanh' }), flat));
        return on(make({ units: 3 }), [x, ...initial]);
      }),
  },
  {
    title: 'encoder and decoder',
    model: () =>
      functional([4, 3], (x) => {
        const [, ...ends] = make({ units: 3, returnState: true }).apply(x) as SymbolicTensor[];
        return (make({ units: 3, returnSequences: true }) as Layer).apply(x, { initialState: ends }) as SymbolicTensor;
      }),
  },
  {
    title: 'stateful',
    model: () =>
      sequential({
        layers: [
          layers.inputLayer({ batchInputShape: [2, 4, 3] }),
          make({ units: 3, stateful: true }),
          layers.dense({ units: 2 }),
        ],
      }),
    refused: /stateful/,
  },
];

const image: [number, number, number] = [5, 4, 2];

/** For each function that TensorFlow.js layers exports, models with what it makes. */
export const layerTable: Readonly<Record<string, readonly LayerCase[]>> = {
  activation: [
    'elu',
    'hardSigmoid',
    'linear',
    'relu',
    'relu6',
    'selu',
    'sigmoid',
    'softmax',
    'softplus',
    'softsign',
    'tanh',
    'swish',
    'mish',
    'gelu',
    'gelu_new',
  ].map((activation) => ({
    title: activation,
    model: () => between([4], layers.activation({ activation: activation as 'relu' })),
  })),
  dense: [
    { model: () => first([4], layers.dense({ units: 3, activation: 'tanh' })) },
    { title: 'on series', model: () => between([3, 4], layers.dense({ units: 3, useBias: false })) },
    { title: 'frozen', model: () => between([4], layers.dense({ units: 3, trainable: false })) },
  ],
  inputLayer: [
    { model: () => sequential({ layers: [layers.inputLayer({ inputShape: [4] }), layers.dense({ units: 2 })] }) },
  ],
  elu: vector(() => layers.elu()),
  leakyReLU: vector(() => layers.leakyReLU()),
  prelu: [
    { model: () => between([4], layers.prelu()) },
    ...onImage(() => layers.prelu({ sharedAxes: [1, 2] }), { title: 'shared' }),
  ],
  reLU: [
    ...vector(() => layers.reLU()),
    { title: 'clipped', model: () => between([4], layers.reLU({ maxValue: 0.3 })) },
  ],
  softmax: vector(() => layers.softmax()),
  thresholdedReLU: vector(() => layers.thresholdedReLU({ theta: 0.2 })),
  dropout: vector(() => layers.dropout({ rate: 0.4 })),
  spatialDropout1d: onSeries(() => layers.spatialDropout1d({ rate: 0.4 })),
  gaussianNoise: vector(() => layers.gaussianNoise({ stddev: 1 })),
  gaussianDropout: vector(() => layers.gaussianDropout({ rate: 0.4 })),
  alphaDropout: vector(() => layers.alphaDropout({ rate: 0.4 })),
  flatten: onImage(() => layers.flatten()),
  repeatVector: vector(() => layers.repeatVector({ n: 3 })),
  reshape: onSeries(() => layers.reshape({ targetShape: [2, 5] })),
  permute: onImage(() => layers.permute({ dims: [3, 1, 2] })),
  cropping2D: onImage(() =>
    layers.cropping2D({
      cropping: [
        [1, 0],
        [1, 1],
      ],
    }),
  ),
  zeroPadding2d: onImage(() => layers.zeroPadding2d({ padding: 1 })),
  upSampling2d: [
    ...onImage(() => layers.upSampling2d({ size: [2, 3] }), { onlyOnce: true }),
    ...onImage(() => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }), {
      title: 'bilinear',
      onlyOnce: true,
    }),
  ],
  masking: [{ model: () => between([4, 3], ...masked()) }],
  embedding: [
    {
      integers: 5,
      model: () => first([4], layers.embedding({ inputDim: 6, outputDim: 3 }), layers.dense({ units: 3 })),
      refusedOnWasm: /Embedding/,
    },
    {
      title: 'frozen',
      integers: 5,
      model: () =>
        first([4], layers.embedding({ inputDim: 6, outputDim: 3, trainable: false }), layers.dense({ units: 3 })),
    },
  ],
  add: [{ model: () => merged(layers.add()) }],
  average: [{ model: () => merged(layers.average()) }],
  concatenate: [
    { model: () => merged(layers.concatenate()) },
    {
      title: 'of masked branches',
      integers: 3,
      model: () =>
        functional([5], (x) => {
          const words = () => on(layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true }), x);
          return on(layers.lstm({ recurrentInitializer, units: 3 }), on(layers.concatenate(), [words(), words()]));
        }),
      refusedOnWasm: /Embedding/,
    },
    {
      title: 'of a masked and an unmasked branch',
      integers: 3,
      model: () =>
        functional([5], (x) => {
          const words = (maskZero: boolean) =>
            on(
              layers.gru({ recurrentInitializer, units: 3 }),
              on(layers.embedding({ inputDim: 4, outputDim: 3, maskZero }), x),
            );
          return on(layers.concatenate(), [words(false), words(true)]);
        }),
      refusedOnWasm: /Embedding/,
    },
  ],
  maximum: [{ model: () => merged(layers.maximum()) }],
  minimum: [{ model: () => merged(layers.minimum()) }],
  multiply: [{ model: () => merged(layers.multiply()) }],
  dot: [
    { model: () => merged(layers.dot({ axes: -1 })) },
    { title: 'normalized', model: () => merged(layers.dot({ axes: 1, normalize: true })) },
  ],
  batchNormalization: [
    ...vector(() => layers.batchNormalization()),
    ...onImage(() => layers.batchNormalization({ axis: 2 }), {
      title: 'on another axis',
      refused: /has axis 2 of 4 axes/,
    }),
  ],
  layerNormalization: [
    ...vector(() => layers.layerNormalization()),
    ...onSeries(() => layers.layerNormalization({ axis: [1, 2] }), { title: 'on two axes' }),
  ],
  conv1d: onSeries(() => layers.conv1d({ filters: 3, kernelSize: 2, activation: 'tanh' }), { refusedOnWasm: /Conv1D/ }),
  conv2d: [
    ...onImage(() => layers.conv2d({ filters: 3, kernelSize: 2, activation: 'tanh' }), { refusedOnWasm: /Conv2D/ }),
    ...onImage(
      () =>
        layers.conv2d({ filters: 3, kernelSize: 2, activation: 'relu', padding: 'same', strides: 2, trainable: false }),
      { title: 'frozen' },
    ),
    {
      title: 'frozen base',
      model: () => first(image, layers.conv2d({ filters: 3, kernelSize: 2, trainable: false, activation: 'tanh' })),
    },
  ],
  conv2dTranspose: [
    ...onImage(() => layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 2 }), {
      refusedOnWasm: /Conv2DTranspose/,
    }),
    ...onImage(() => layers.conv2dTranspose({ filters: 3, kernelSize: 2, strides: 2, trainable: false }), {
      title: 'frozen',
    }),
  ],
  conv3d: onVolume(() => layers.conv3d({ filters: 2, kernelSize: 2 }), { refusedOnWasm: /Conv3D/ }),
  conv3dTranspose: onVolume(() => layers.conv3dTranspose({ filters: 2, kernelSize: 2 }), { untrainable: true }),
  depthwiseConv2d: [
    ...onImage(() => layers.depthwiseConv2d({ kernelSize: 2 }), { refusedOnWasm: /DepthwiseConv2D/, onlyOnce: true }),
    ...onImage(() => layers.depthwiseConv2d({ kernelSize: 2, trainable: false }), {
      title: 'frozen',
      refusedOnWasm: /DepthwiseConv2D/,
      onlyOnce: true,
    }),
    { title: 'frozen base', model: () => first(image, layers.depthwiseConv2d({ kernelSize: 2, trainable: false })) },
  ],
  separableConv2d: [
    ...onImage(() => layers.separableConv2d({ filters: 3, kernelSize: 2 }), {
      refusedOnWasm: /SeparableConv2D/,
      onlyOnce: true,
    }),
    {
      title: 'frozen base',
      model: () => first(image, layers.separableConv2d({ filters: 3, kernelSize: 2, trainable: false })),
    },
  ],
  ...pooling(['averagePooling1d', 'avgPool1d', 'avgPooling1d'] as const, (name) =>
    onSeries(() => layers[name]({ poolSize: 2, strides: 1 })),
  ),
  ...pooling(['maxPooling1d', 'maxPool1d'] as const, (name) =>
    onSeries(() => layers[name]({ poolSize: 2, strides: 1 }), { refusedOnWasm: /MaxPooling1D/ }),
  ),
  ...pooling(['averagePooling2d', 'avgPool2d', 'avgPooling2d'] as const, (name) =>
    onImage(() => layers[name]({ poolSize: 2, strides: 1 })),
  ),
  ...pooling(['maxPooling2d', 'maxPool2d'] as const, (name) =>
    onImage(() => layers[name]({ poolSize: 2, strides: 1 }), { refusedOnWasm: /MaxPooling2D/ }),
  ),
  ...pooling(['averagePooling3d', 'avgPool3d', 'avgPooling3d'] as const, (name) =>
    onVolume(() => layers[name]({ poolSize: 2, strides: 1 })),
  ),
  // Of positive numbers: for the maximum of negative ones, the wasm kernel of TensorFlow.js gives 0.
  maxPooling3d: [
    {
      model: () =>
        between(
          [4, 3, 4, 2],
          layers.activation({ activation: 'sigmoid' }),
          layers.maxPooling3d({ poolSize: 2, strides: 1 }),
        ),
      onlyOnce: true,
    },
  ],
  ...pooling(['globalAveragePooling1d', 'globalMaxPooling1d', 'globalMaxPool1d'] as const, (name) =>
    onSeries(() => layers[name]({})),
  ),
  ...pooling(['globalAveragePooling2d', 'globalMaxPooling2d', 'globalMaxPool2d'] as const, (name) =>
    onImage(() => layers[name]({})),
  ),
  simpleRNN: recurrent((options) => layers.simpleRNN({ ...options, recurrentInitializer }), 1),
  gru: recurrent((options) => layers.gru({ ...options, recurrentInitializer }), 1),
  lstm: recurrent((options) => layers.lstm({ ...options, recurrentInitializer }), 2),
  rnn: recurrent(
    ({ units, ...options }) =>
      layers.rnn({ ...options, cell: layers.lstmCell({ recurrentInitializer, units }) }) as Layer,
    2,
  ),
  simpleRNNCell: onSeries(
    () => layers.rnn({ cell: layers.simpleRNNCell({ recurrentInitializer, units: 3 }) }) as Layer,
  ),
  gruCell: onSeries(() => layers.rnn({ cell: layers.gruCell({ recurrentInitializer, units: 3 }) }) as Layer),
  lstmCell: onSeries(() => layers.rnn({ cell: layers.lstmCell({ recurrentInitializer, units: 3 }) }) as Layer),
  stackedRNNCells: onSeries(
    () =>
      layers.rnn({
        cell: [layers.lstmCell({ recurrentInitializer, units: 3 }), layers.gruCell({ recurrentInitializer, units: 2 })],
      }) as Layer,
  ),
  convLstm2d: [
    {
      model: () =>
        between(
          [3, 4, 3, 2],
          layers.convLstm2d({ recurrentInitializer, filters: 2, kernelSize: 2, padding: 'same' }) as Layer,
        ),
      refusedOnWasm: /ConvLSTM2D/,
    },
    {
      title: 'frozen base',
      model: () =>
        first(
          [3, 4, 3, 2],
          layers.convLstm2d({
            recurrentInitializer,
            filters: 2,
            kernelSize: 2,
            padding: 'same',
            trainable: false,
          }) as Layer,
        ),
    },
  ],
  convLstm2dCell: [
    {
      model: () =>
        between(
          [3, 4, 3, 2],
          layers.convLstm2d({
            recurrentInitializer,
            filters: 2,
            kernelSize: 3,
            padding: 'same',
            returnSequences: true,
            cell: undefined,
          } as never) as Layer,
        ),
      refusedOnWasm: /ConvLSTM2D/,
    },
  ],
  bidirectional: [
    ...['concat', 'sum', 'mul', 'ave'].map((mergeMode) => ({
      title: mergeMode,
      model: () =>
        between(
          [4, 3],
          layers.bidirectional({
            layer: layers.lstm({ recurrentInitializer, units: 2, returnSequences: true }) as never,
            mergeMode: mergeMode as 'sum',
          }),
        ),
    })),
    {
      title: 'after Masking',
      model: () =>
        between(
          [4, 3],
          ...masked(),
          layers.bidirectional({ layer: layers.gru({ recurrentInitializer, units: 2 }) as never, mergeMode: 'concat' }),
        ),
    },
    {
      title: 'with initial states',
      model: () =>
        functional([4, 3], (x) => {
          const flat = on(layers.flatten(), x);
          const initial = Array.from({ length: 2 }, () => on(layers.dense({ units: 2, activation: 'tanh' }), flat));
          return on(
            layers.bidirectional({
              layer: layers.gru({ recurrentInitializer, units: 2 }) as never,
              mergeMode: 'concat',
            }),
            [x, ...initial],
          );
        }),
    },
    {
      title: 'with its last states',
      model: () =>
        functional([4, 3], (x) => {
          const layer = layers.gru({ recurrentInitializer, units: 2, returnState: true });
          const all = layers.bidirectional({ layer: layer as never, mergeMode: 'sum' }).apply(x) as SymbolicTensor[];
          return on(layers.concatenate(), all);
        }),
    },
    {
      title: 'stateful',
      model: () =>
        sequential({
          layers: [
            layers.inputLayer({ batchInputShape: [2, 4, 3] }),
            layers.bidirectional({
              layer: layers.gru({ recurrentInitializer, units: 2, stateful: true }) as never,
              mergeMode: 'concat',
            }),
            layers.dense({ units: 2 }),
          ],
        }),
      refused: /stateful/,
    },
  ],
  timeDistributed: [
    { model: () => between([3, 4], layers.timeDistributed({ layer: layers.dense({ units: 2, activation: 'tanh' }) })) },
    {
      title: 'after Masking',
      model: () =>
        between(
          [3, 4],
          ...masked(),
          layers.timeDistributed({ layer: layers.dense({ units: 2, activation: 'tanh' }) }),
          layers.lstm({ recurrentInitializer, units: 2 }),
        ),
    },
    {
      title: 'of conv2d',
      model: () =>
        between([3, ...image], layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 2 }) })),
      refusedOnWasm: /TimeDistributed/,
    },
    {
      title: 'of frozen conv2d',
      model: () =>
        first(
          [3, ...image],
          layers.timeDistributed({ layer: layers.conv2d({ filters: 2, kernelSize: 2, trainable: false }) }),
        ),
    },
    {
      title: 'of a model',
      model: () =>
        between(
          [3, 4],
          layers.timeDistributed({
            layer: sequential({ layers: [layers.dense({ units: 2, activation: 'tanh', inputShape: [4] })] }),
          }),
        ),
    },
  ],
  categoryEncoding: [
    {
      integers: 3,
      model: () => first([4], layers.categoryEncoding({ numTokens: 5, outputMode: 'multiHot' } as never) as Layer),
    },
  ],
  rescaling: onImage(() => layers.rescaling({ scale: 0.5, offset: 1 }) as Layer),
  centerCrop: [
    { title: 'first', model: () => first(image, layers.centerCrop({ height: 2, width: 2 }) as Layer) },
    ...onImage(() => layers.centerCrop({ height: 2, width: 2 }) as Layer, { untrainable: true }),
  ],
  resizing: onImage(() => layers.resizing({ height: 3, width: 3 }) as Layer, { refused: /Resizing/ }),
  randomWidth: [
    {
      model: () => {
        const start = input({ shape: image });
        const wide = on(layers.dense({ units: 2 }), start);
        return model({ inputs: start, outputs: on(layers.randomWidth({ factor: 0.5 }), wide) });
      },
      refused: /RandomWidth/,
    },
  ],
};

/** A layer with options, after a dense layer on inputs of that shape. */
const option = (
  title: string,
  shape: number[],
  layer: () => unknown,
  more: Partial<LayerCase> = {},
): LayerCase & { readonly title: string } => ({ ...more, title, model: () => between(shape, layer() as Layer) });

const dilated = { dilationRate: 2, kernelSize: 2 };
const channelsFirst = { dataFormat: 'channelsFirst' } as const;
const same = { padding: 'same' } as const;
const untrainable = { untrainable: true } as const;

/** Options that change what a layer computes. */
export const optionTable: readonly (LayerCase & { readonly title: string })[] = [
  option('conv1d, dilated', [5, 2], () => layers.conv1d({ filters: 2, ...dilated }), untrainable),
  option('conv1d, causal', [5, 2], () => layers.conv1d({ filters: 2, kernelSize: 2, padding: 'causal' }), {
    refused: /has padding: 'causal'/,
  }),
  option('conv1d, with strides', [5, 2], () => layers.conv1d({ filters: 2, kernelSize: 2, strides: 2, ...same }), {
    refusedOnWasm: /Conv1D/,
  }),
  option('conv2d, dilated', image, () => layers.conv2d({ filters: 2, ...dilated }), untrainable),
  {
    title: 'conv2d, dilated in a frozen base',
    model: () => first(image, layers.conv2d({ filters: 2, ...dilated, trainable: false })),
  },
  option('conv2d, channels first', [2, 5, 4], () => layers.conv2d({ filters: 3, kernelSize: 2, ...channelsFirst }), {
    refusedOnWasm: /Conv2D/,
  }),
  option('conv2d, one by one', image, () => layers.conv2d({ filters: 3, kernelSize: 1, strides: 2 }), {
    refusedOnWasm: /Conv2D/,
  }),
  option(
    'conv2dTranspose, with strides',
    image,
    () => layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, ...same, activation: 'tanh' }),
    { refusedOnWasm: /Conv2DTranspose/ },
  ),
  option('conv3d, dilated', [4, 4, 4, 2], () => layers.conv3d({ filters: 2, ...dilated }), untrainable),
  option(
    'conv3d, with strides',
    [4, 3, 4, 2],
    () => layers.conv3d({ filters: 2, kernelSize: 2, strides: 2, ...same }),
    {
      refusedOnWasm: /Conv3D/,
      onlyOnce: true,
    },
  ),
  option(
    'depthwiseConv2d, multiplied',
    image,
    () => layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, strides: 2, ...same }),
    { refusedOnWasm: /DepthwiseConv2D/, onlyOnce: true },
  ),
  option('depthwiseConv2d, dilated', image, () => layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2 }), {
    refusedOnWasm: /DepthwiseConv2D/,
    onlyOnce: true,
  }),
  option('separableConv2d, dilated', image, () => layers.separableConv2d({ filters: 3, ...dilated }), untrainable),
  option(
    'separableConv2d, multiplied',
    image,
    () => layers.separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2, strides: 2 }),
    { refusedOnWasm: /SeparableConv2D/, onlyOnce: true },
  ),
  option('averagePooling1d, padded', [5, 2], () => layers.averagePooling1d({ poolSize: 3, ...same }), untrainable),
  option('averagePooling2d, padded', image, () => layers.averagePooling2d({ poolSize: 2, ...same }), untrainable),
  option('averagePooling2d, not padded', [4, 6, 2], () => layers.averagePooling2d({ poolSize: 2, ...same })),
  option('averagePooling2d, channels first', [2, 5, 4], () =>
    layers.averagePooling2d({ poolSize: 2, ...channelsFirst }),
  ),
  option(
    'averagePooling3d, padded',
    [4, 3, 4, 2],
    () => layers.averagePooling3d({ poolSize: 2, ...same }),
    untrainable,
  ),
  option(
    'averagePooling2d, padded in TimeDistributed',
    [2, ...image],
    () => layers.timeDistributed({ layer: layers.averagePooling2d({ poolSize: 2, ...same }) }),
    untrainable,
  ),
  option('maxPooling2d, padded', image, () => layers.maxPooling2d({ poolSize: 3, strides: 2, ...same }), {
    refusedOnWasm: /MaxPooling2D/,
  }),
  option(
    'maxPooling2d, in TimeDistributed',
    [2, ...image],
    () => layers.timeDistributed({ layer: layers.maxPooling2d({ poolSize: 2 }) }),
    { refusedOnWasm: /TimeDistributed/ },
  ),
  option('upSampling2d, channels first', [2, 5, 4], () => layers.upSampling2d({ size: [2, 2], ...channelsFirst }), {
    onlyOnce: true,
  }),
  option('batchNormalization, plain', [4], () => layers.batchNormalization({ center: false, scale: false })),
  option('batchNormalization, of images', image, () => layers.batchNormalization()),
  option('layerNormalization, not centred', [4], () => layers.layerNormalization({ center: false }), untrainable),
  option('layerNormalization, not scaled', [4], () => layers.layerNormalization({ scale: false }), untrainable),
  option('softmax, over the first axis', [4, 3], () => layers.softmax(), { refused: /has axis 1 of 3 axes/ }),
  option('softmax, over the last axis', [4, 3], () => layers.softmax({ axis: 2 })),
  option('softmax, over two axes', [4, 3], () => layers.softmax({ axis: [1, 2] })),
  option('lstm, with other activations', [4, 3], () =>
    layers.lstm({
      units: 2,
      recurrentInitializer,
      activation: 'relu',
      recurrentActivation: 'sigmoid',
      unitForgetBias: false,
      useBias: false,
    }),
  ),
  option(
    'convLstm2d, all steps',
    [3, 4, 3, 2],
    () =>
      layers.convLstm2d({
        filters: 2,
        kernelSize: 2,
        strides: 2,
        ...same,
        recurrentInitializer,
        returnSequences: true,
      }),
    { refusedOnWasm: /ConvLSTM2D/ },
  ),
  option(
    'convLstm2d, dilated',
    [3, 4, 3, 2],
    () => layers.convLstm2d({ filters: 2, ...dilated, ...same, recurrentInitializer }),
    untrainable,
  ),
  {
    title: 'categoryEncoding, counts',
    integers: 3,
    model: () => first([3], layers.categoryEncoding({ numTokens: 4, outputMode: 'count' }) as Layer),
  },
  option('timeDistributed, of an LSTM', [3, 4, 2], () =>
    layers.timeDistributed({ layer: layers.lstm({ units: 2, recurrentInitializer }) }),
  ),
];

/** Models in which layers work together, or with a layer of nobody's. */
export const modelTable: readonly (LayerCase & { readonly title: string })[] = [
  {
    title: 'a shared layer',
    model: () =>
      functional([3], (x) => {
        const shared = layers.dense({ units: 3, activation: 'tanh' });
        return on(layers.add(), [on(shared, x), on(shared, on(shared, x))]);
      }),
  },
  {
    title: 'a shared recurrent layer, on a masked and an unmasked branch',
    integers: 3,
    model: () =>
      functional([5], (x) => {
        const shared = layers.lstm({ recurrentInitializer, units: 2 });
        const words = (maskZero: boolean) => on(layers.embedding({ inputDim: 4, outputDim: 3, maskZero }), x);
        return on(layers.concatenate(), [on(shared, words(true)), on(shared, words(false))]);
      }),
    refusedOnWasm: /Embedding/,
  },
  {
    title: 'a model inside, on masked inputs',
    integers: 3,
    model: () =>
      functional([5], (x) => {
        const inner = sequential({
          layers: [
            layers.gru({ recurrentInitializer, units: 3, returnSequences: true, inputShape: [5, 3] }),
            layers.gru({ recurrentInitializer, units: 2, returnSequences: true }),
          ],
        });
        const words = on(layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true }), x);
        return on(layers.simpleRNN({ recurrentInitializer, units: 2 }), on(inner as unknown as Layer, words));
      }),
    refusedOnWasm: /Embedding/,
  },
  {
    title: 'a model inside that masks, after dense layers',
    model: () =>
      between(
        [3, 2],
        sequential({
          layers: [layers.dense({ units: 1, activation: 'relu', inputShape: [3, 2] }), layers.masking()],
        }) as never,
        layers.lstm({ recurrentInitializer, units: 2 }),
      ),
  },
  {
    title: 'dense layers, then Masking',
    model: () =>
      between(
        [6],
        layers.dense({ units: 4, activation: 'relu' }),
        layers.reshape({ targetShape: [4, 1] }),
        layers.masking(),
        layers.lstm({ recurrentInitializer, units: 2 }),
      ),
  },
  {
    title: 'a mask that TensorFlow.js hands on over layers without one',
    model: () =>
      between(
        [4, 2],
        ...masked(),
        layers.averagePooling1d({ poolSize: 1 }),
        layers.lstm({ recurrentInitializer, units: 2 }),
      ),
  },
  {
    title: 'a frozen model of convolutions inside',
    model: () => {
      const base = sequential({
        layers: [
          layers.conv2d({ filters: 3, kernelSize: 2, activation: 'tanh', inputShape: image }),
          layers.maxPooling2d({ poolSize: 2, strides: 1 }),
          layers.depthwiseConv2d({ kernelSize: 2 }),
        ],
      });
      base.trainable = false;
      return first(image, base as never, layers.flatten(), layers.dense({ units: 3, activation: 'tanh' }));
    },
  },
  {
    title: 'a convolution used twice, once on moving inputs',
    model: () =>
      functional(image, (x) => {
        const base = layers.depthwiseConv2d({ kernelSize: 2, trainable: false });
        return on(layers.add(), [on(base, x), on(base, on(layers.dense({ units: 2 }), x))]);
      }),
    refusedOnWasm: /DepthwiseConv2D/,
    onlyOnce: true,
  },
  {
    title: 'TimeDistributed of a model with a convolution',
    model: () =>
      between(
        [2, ...image],
        layers.timeDistributed({
          layer: sequential({ layers: [layers.conv2d({ filters: 2, kernelSize: 2, inputShape: image })] }) as never,
        }),
      ),
    refusedOnWasm: /TimeDistributed/,
  },
  {
    title: 'TimeDistributed of batch norm',
    model: () => between([3, 2], layers.timeDistributed({ layer: layers.batchNormalization() })),
    refused: /TimeDistributed\) wraps BatchNormalization/,
  },
  {
    title: 'TimeDistributed of a stateful layer in a model',
    model: () => {
      const inner = sequential({
        layers: [
          layers.inputLayer({ batchInputShape: [2, 3, 2] }),
          layers.lstm({ recurrentInitializer, units: 2, stateful: true }),
        ],
      });
      return first([4, 3, 2], layers.timeDistributed({ layer: inner as never }), layers.dense({ units: 2 }));
    },
    refused: /TimeDistributed\) is stateful/,
  },
];

function pooling<N extends string>(names: readonly N[], make: (name: N) => LayerCase[]): Record<string, LayerCase[]> {
  return Object.fromEntries(names.map((name) => [name, make(name)]));
}
