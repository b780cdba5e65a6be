import * as tf from '@tensorflow/tfjs-core';
import { type Activation, activationNamed } from './activation.ts';
import { type DropoutLayer, dropoutMask, isDropout } from './dropout.ts';
import { layerPass, type Mode, type Pass, stepsPass } from './forward.ts';
import { columnSums, denseLayer, product } from './kernels.ts';
import { type Container, isContainer, type Layer, type LayerWeight, nodesInOrder } from './layer.ts';

/** One step of a stack: a dense layer, an activation, or dropout. Weights by their place in the layout. */
type Step =
  | { readonly kind: 'dense'; readonly kernel: number; readonly bias: number; readonly activation: Activation }
  | { readonly kind: 'activation'; readonly activation: Activation }
  | { readonly kind: 'dropout'; readonly layer: DropoutLayer };

/** What a forward pass leaves for the backward one: input and output of each step, and what dropout multiplied by. */
export interface StackTrace {
  readonly output: tf.Tensor2D;
  readonly inputs: readonly tf.Tensor2D[];
  readonly outputs: readonly tf.Tensor2D[];
  readonly masks: readonly (tf.Tensor | undefined)[];
}

/**
 * Dense layers at the start of a model, forward and backward written out: h ← φ(hW + b), one fused kernel a layer, and no tape, which on small networks
 * costs more than the arithmetic.
 */
export interface DenseStack {
  /** Places in the layout of the weights that the stack uses. */
  readonly weights: readonly number[];
  forward(weights: readonly tf.Tensor[], input: tf.Tensor2D, mode: Mode): StackTrace;
  /** From ∂L/∂output: ∂L/∂weight into `gradients`, by place in the layout. */
  backward(weights: readonly tf.Tensor[], trace: StackTrace, dOutput: tf.Tensor2D, gradients: tf.Tensor[]): void;
  /** J·v: how the output moves when the weights move along `tangents`. */
  forwardTangent(weights: readonly tf.Tensor[], trace: StackTrace, tangents: readonly tf.Tensor[]): tf.Tensor2D;
}

/** A model as a stack of dense layers, where it begins with one, and what comes after. */
export interface SplitModel {
  readonly stack?: DenseStack;
  /** The rest of the model; absent where the stack is all of it. */
  readonly tail?: Pass;
  /** All of the model, layer by layer. */
  readonly whole: Pass;
}

interface DenseLayer extends Layer {
  readonly kernel: LayerWeight;
  readonly bias?: LayerWeight;
  readonly activation: { getClassName(): string };
}

/** Splits a model after its leading dense layers. Models that are no plain chain, share a layer, or mask inputs (models inside end masks) are all tail. */
export function splitModel(model: Container, variables: readonly LayerWeight[]): SplitModel {
  const whole = layerPass(model);
  const chain = layerChain(model);
  if (!chain || new Set(chain).size !== chain.length || model.inputs[0].shape.length !== 2) {
    return { tail: whole, whole };
  }
  if (chain.some((layer) => layer.getClassName() === 'Masking')) return { tail: whole, whole };
  const steps: Step[] = [];
  for (const layer of chain) {
    const step = asStep(layer, variables);
    if (!step) break;
    steps.push(step);
  }
  if (!steps.some(({ kind }) => kind === 'dense')) return { tail: whole, whole };
  const stack = denseStack(steps);
  if (steps.length === chain.length) return { stack, whole };
  const rest = chain.slice(steps.length).map((layer, i) => ({ layer, from: [i], to: [i + 1] }));
  return { stack, whole, tail: stepsPass(model.name, rest, [0], [rest.length]) };
}

/** The layers of a model in which each takes the one output of the layer before, models inside it taken apart. */
function layerChain(model: Container): Layer[] | undefined {
  const chain: Layer[] = [];
  let last = model.inputs[0].id;
  for (const node of nodesInOrder(model)) {
    if (node.inputTensors.length !== 1 || node.outputTensors.length !== 1 || node.inputTensors[0].id !== last) {
      return undefined;
    }
    if (isContainer(node.outboundLayer)) {
      const inner = layerChain(node.outboundLayer);
      if (!inner) return undefined;
      chain.push(...inner);
    } else chain.push(node.outboundLayer);
    last = node.outputTensors[0].id;
  }
  return model.outputs.length === 1 && model.outputs[0].id === last ? chain : undefined;
}

function asStep(layer: Layer, variables: readonly LayerWeight[]): Step | undefined {
  const name = layer.getClassName();
  if (isDropout(layer)) return { kind: 'dropout', layer };
  if (name !== 'Dense' && name !== 'Activation') return undefined;
  const dense = layer as DenseLayer;
  const activation = activationNamed(dense.activation.getClassName());
  if (!activation) return undefined;
  if (name === 'Activation') return { kind: 'activation', activation };
  const kernel = variables.indexOf(dense.kernel);
  const bias = dense.bias ? variables.indexOf(dense.bias) : -1;
  // Frozen weights are not in the layout: such a layer stays with the tail.
  if (kernel < 0 || (dense.bias && bias < 0)) return undefined;
  return { kind: 'dense', kernel, bias, activation };
}

function denseStack(steps: readonly Step[]): DenseStack {
  const first = steps.findIndex(({ kind }) => kind === 'dense');
  return {
    weights: steps.flatMap((step) => (step.kind === 'dense' ? [step.kernel, step.bias].filter((i) => i >= 0) : [])),

    forward(weights, input, mode) {
      const inputs: tf.Tensor2D[] = [];
      const outputs: tf.Tensor2D[] = [];
      const masks: (tf.Tensor | undefined)[] = [];
      let h = input;
      steps.forEach((step, i) => {
        inputs.push(h);
        if (step.kind === 'dense') {
          const { activation } = step;
          const bias = step.bias < 0 ? undefined : weights[step.bias];
          const fused = activation.fused ?? 'linear';
          h = denseLayer(h, weights[step.kernel] as tf.Tensor2D, bias, fused);
          if (!activation.fused) h = activation.apply(h) as tf.Tensor2D;
        } else if (step.kind === 'activation') h = step.activation.apply(h) as tf.Tensor2D;
        else if (mode.dropout) {
          masks[i] = dropoutMask(step.layer, h, mode.dropout);
          h = tf.mul(h, masks[i] as tf.Tensor2D);
        }
        outputs.push(h);
      });
      return { output: h, inputs, outputs, masks };
    },

    backward(weights, { inputs, outputs, masks }, dOutput, gradients) {
      let d = dOutput;
      for (let i = steps.length - 1; i >= first; i--) {
        const step = steps[i];
        if (step.kind === 'dropout') {
          const mask = masks[i];
          if (mask) d = tf.mul(d, mask as tf.Tensor2D);
          continue;
        }
        d = step.activation.back(d, outputs[i]) as tf.Tensor2D;
        if (step.kind === 'activation') continue;
        gradients[step.kernel] = product(inputs[i], d, true);
        if (step.bias >= 0) gradients[step.bias] = columnSums(d);
        if (i > first) d = product(d, weights[step.kernel] as tf.Tensor2D, false, true);
      }
    },

    forwardTangent(weights, { inputs, outputs }, tangents) {
      let d: tf.Tensor2D | undefined;
      steps.forEach((step, i) => {
        if (step.kind === 'dense') {
          let moved: tf.Tensor2D = product(inputs[i], tangents[step.kernel] as tf.Tensor2D);
          if (step.bias >= 0) moved = tf.add(moved, tangents[step.bias]);
          if (d) moved = tf.add(moved, product(d, weights[step.kernel] as tf.Tensor2D));
          d = moved;
        }
        if (d && step.kind !== 'dropout') d = step.activation.back(d, outputs[i]) as tf.Tensor2D;
      });
      return d as tf.Tensor2D;
    },
  };
}
