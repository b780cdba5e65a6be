import type { Layer } from './layer.ts';

/** Options of layers with which TensorFlow.js 4.22 has no gradient, or a wrong one. */
interface Options extends Layer {
  readonly dilationRate?: readonly number[] | number;
  readonly center?: boolean;
  readonly scale?: boolean;
  readonly padding?: string;
  readonly poolSize?: readonly number[];
  readonly strides?: readonly number[];
  readonly dataFormat?: string;
}

const dilatable = new Set(['Conv1D', 'Conv2D', 'Conv3D', 'SeparableConv2D', 'ConvLSTM2DCell']);
const averaging = new Set(['AveragePooling1D', 'AveragePooling2D', 'AveragePooling3D']);

/** The option, as it is written, that takes a layer its gradient; none where it has one. */
export function untrainableOption(layer: Layer, backend: string): string | undefined {
  const { dilationRate = 1, center, scale } = layer as Options;
  const name = layer.getClassName();
  if (dilatable.has(name) && Math.max(...[dilationRate].flat()) > 1) return 'dilationRate above 1';
  if (name === 'LayerNormalization' && (center === false || scale === false)) return 'center or scale: false';
  // The gradient divides by the size of the window, the value by how much of that is no padding; but for TensorFlow's own kernels.
  if (averaging.has(name) && backend !== 'tensorflow' && pads(layer)) return "padding: 'same' that pads";
  return undefined;
}

/** Whether windows reach beyond the inputs; they may where the layer does not know how long those are. */
function pads(layer: Options): boolean {
  const { padding, poolSize = [], strides = [], dataFormat } = layer;
  if (padding !== 'same') return false;
  const shapes = (layer.inboundNodes ?? []).map(({ inputTensors }) => inputTensors[0].shape);
  const first = dataFormat === 'channelsFirst' ? 2 : 1;
  return (
    shapes.length === 0 ||
    shapes.some((shape) =>
      poolSize.some((size, axis) => {
        const length = shape[first + axis] ?? Number.NaN;
        return !((Math.ceil(length / strides[axis]) - 1) * strides[axis] + size <= length);
      }),
    )
  );
}
