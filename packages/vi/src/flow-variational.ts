import { randomSource } from '@subspace/core';
import { argumentError, requireCount, requireFinite, requireLength } from '@subspace/core/internals';
import { affine } from './affine.ts';
import type { Approximation, TractableDensity } from './approximation.ts';
import { autoregressiveFlow } from './autoregressive-flow.ts';
import { couplingFlow } from './coupling-flow.ts';
import { type FamilyMember, flowFamily } from './family.ts';
import { fitVariational } from './fit-variational.ts';
import type { Flow } from './flow.ts';
import { initialFactor } from './start.ts';
import type { ApproximationTarget } from './target.ts';
import type { VariationalFit, VariationalOptions } from './variational-options.ts';

export interface FlowOptions extends VariationalOptions {
  /** Layers of the flow. Default 4 couplings, or 2 autoregressive steps. */
  readonly layers?: number;
  /** Width of the hidden layers of its networks, or the width of each. Default [16, 16]. */
  readonly hidden?: number | readonly number[];
}

export interface FlowApproximation extends Approximation, VariationalFit {}

/**
 * Variational inference with a RealNVP flow: draws are z = m + L·g(ε), g a stack of affine couplings and m + L·(…) a full-rank Gaussian's map, all fitted
 * together by the gradient of the ELBO. A Gaussian is the special case of g = identity, where the fit begins.
 *
 * Unlike the original code, the flow receives the gradient of the likelihood.
 *
 * @param posterior any differentiable log density; of a posterior, the ELBO is E_q[log p(D | z)] / T − KL(q ‖ prior)
 * @throws as `meanField`
 * @see Dinh, Sohl-Dickstein & Bengio (2017), "Density estimation using Real NVP"; Rezende & Mohamed (2015), "Variational inference with normalizing flows"
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { realNvp } from '@subspace/vi';
 *
 * // A bent ridge, which no Gaussian follows.
 * const logLikelihood = logDensity(2, ([x, y]) => {
 *   const residual = y - x * x;
 *   return { value: -4 * residual ** 2, gradient: Float64Array.of(16 * x * residual, -8 * residual) };
 * });
 * const approximation = await realNvp(posterior({ logLikelihood, priorStd: 2 }), { iterations: 500, layers: 4, hidden: 16, seed: 1 });
 * approximation.logDensity(Float64Array.of(1, 1)); // log q, normalised
 * approximation.paretoK;
 * ```
 */
export function realNvp(posterior: ApproximationTarget, options: FlowOptions): Promise<FlowApproximation> {
  return fitFlow('realNvp', posterior, options, 4, couplingFlow);
}

/**
 * Variational inference with an inverse autoregressive flow: as `realNvp`, with steps x_i = exp(s_i(ε_<i))·ε_i + m_i(ε_<i) by masked networks. Draws are
 * fast; `logDensity` of a point costs K passes of each network.
 *
 * @throws as `meanField`
 * @see Kingma et al. (2016), "Improving variational inference with inverse autoregressive flow"
 * @example
 * ```ts
 * import { logDensity, posterior } from '@subspace/core';
 * import { inverseAutoregressive } from '@subspace/vi';
 *
 * const logLikelihood = logDensity(2, ([x, y]) => {
 *   const residual = y - x * x;
 *   return { value: -4 * residual ** 2, gradient: Float64Array.of(16 * x * residual, -8 * residual) };
 * });
 * const target = posterior({ logLikelihood, priorStd: 2 });
 * const approximation = await inverseAutoregressive(target, { iterations: 500, layers: 2, hidden: 16, seed: 1 });
 * approximation.elbo;
 * ```
 */
export function inverseAutoregressive(
  posterior: ApproximationTarget,
  options: FlowOptions,
): Promise<FlowApproximation> {
  return fitFlow('inverseAutoregressive', posterior, options, 2, (dim, layers, hidden) =>
    autoregressiveFlow(dim, layers, hidden, true),
  );
}

async function fitFlow(
  where: string,
  posterior: ApproximationTarget,
  options: FlowOptions,
  defaultLayers: number,
  flowOf: (dim: number, layers: number, hidden: readonly number[]) => Flow,
): Promise<FlowApproximation> {
  const { layers = defaultLayers, hidden = [16, 16], initialStd, seed } = options ?? {};
  requireFlowOptions(where, { layers, hidden });
  return fitVariational(posterior, options, {
    where,
    learningRate: 0.02,
    samplesPerIteration: 16,
    patience: 200,
    initial: 'map',
    own: { layers, hidden },
    begin(start) {
      const { dim } = posterior;
      const map = affine({ start: start.gaussian, fixMean: false });
      const flow = flowOf(dim, layers, typeof hidden === 'number' ? [hidden] : hidden);
      const parameters = new Float64Array(map.size + flow.size);
      parameters.set(map.initial(initialFactor(start, false, initialStd)));
      parameters.set(flow.initial(randomSource(seed).fork('flow')), map.size);
      return { family: flowFamily(map, flow), parameters };
    },
    density: (member) => flowDensity(where, posterior.dim, member),
  });
}

function flowDensity(name: string, dim: number, member: FamilyMember): TractableDensity {
  return {
    dim,
    sample(random, count) {
      requireCount(`${name}.sample`, 'count', count, 0);
      return Array.from({ length: count }, () => {
        const base = Float64Array.from({ length: dim }, () => random.normal());
        return member.draw(base).point;
      });
    },
    logDensity(z) {
      requireLength(`${name}.logDensity`, 'z', z, dim);
      requireFinite(`${name}.logDensity`, 'z', z);
      return member.logDensity(z);
    },
  };
}

function requireFlowOptions(where: string, { layers, hidden }: { layers: unknown; hidden: unknown }): void {
  requireCount(where, 'layers', layers);
  const widths = typeof hidden === 'number' ? [hidden] : hidden;
  if (!Array.isArray(widths) || widths.length === 0) {
    throw argumentError(where, `hidden is ${JSON.stringify(hidden)}, expected a width or a list of widths`);
  }
  widths.forEach((width, i) => {
    requireCount(where, `hidden[${i}]`, width);
  });
}
