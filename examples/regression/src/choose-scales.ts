import {
  type CancelSignal,
  choosePriorStd,
  chooseTemperature,
  type Posterior,
  type Subspace,
  type SubspaceLikelihood,
  sample,
  type WeightMap,
} from '@subspace/core';
import { type Curve, curveSubspace, tunnelSubspace } from '@subspace/curves';
import { pointwiseLogLikelihood, psisLoo } from '@subspace/diagnostics';
import { ellipticalSlice } from '@subspace/ess';
import { laplace } from '@subspace/vi';

export type Target = Posterior<SubspaceLikelihood>;

/** A subspace or map with a scale that is to be chosen. */
export interface Candidate {
  readonly name: string;
  /** For a scale: the map, and σ of its prior. */
  at(scale: number): { readonly map: Subspace | WeightMap; readonly priorStd: number };
  readonly range: { readonly from: number; readonly to: number };
}

/** σ by evidence (of a tunnel, its radius), and T by PSIS-LOO. */
export interface Chosen {
  readonly priorStd: number;
  readonly temperature: number;
}

export interface ChoiceOptions {
  readonly posterior: (map: Subspace | WeightMap, priorStd: number, temperature: number) => Target;
  readonly effort: ChoiceEffort;
  readonly seed: number | string;
  readonly signal?: CancelSignal;
}

export interface ChoiceEffort {
  /** Scales that are tried at first, and rounds of four more. */
  readonly scales: readonly [points: number, rounds: number];
  readonly temperatures: readonly [points: number, rounds: number];
  /** Of each temperature that is tried. */
  readonly chains: number;
  readonly trialWarmup: number;
  readonly trialDraws: number;
}

export function affineCandidate(name: string, map: Subspace): Candidate {
  return { name, range: { from: 0.01, to: 100 }, at: (priorStd) => ({ map, priorStd }) };
}

/** A curve's plane is measured in its own units: beyond ten times as far as its points there is nothing to choose. */
export function planeCandidate({ layout }: { layout: Subspace['layout'] }, curve: Curve): Candidate {
  const map = curveSubspace(layout, curve);
  return { name: 'Curve plane', range: { from: 0.05, to: 10 }, at: (priorStd) => ({ map, priorStd }) };
}

/** A tunnel has its radius in place of the prior's width. */
export function tunnelCandidate(curve: Curve): Candidate {
  const widest = widestTunnel(curve);
  return {
    name: 'Tunnel',
    range: { from: widest / 100, to: widest },
    at: (radius) => ({ map: tunnelSubspace(curve, { radius, rank: 1 }), priorStd: 1 }),
  };
}

/** The scale of the largest evidence at temperature 1, and then the temperature of the best PSIS-LOO. */
export async function chooseScales(candidate: Candidate, options: ChoiceOptions): Promise<Chosen> {
  const { posterior, effort, seed, signal } = options;
  const { scales, temperatures, chains } = effort;
  const under = async <A>(scale: number, temperature: number, f: (target: Target) => Promise<A>): Promise<A> => {
    const { map, priorStd } = candidate.at(scale);
    const target = posterior(map, priorStd, temperature);
    try {
      return await f(target);
    } finally {
      target.dispose();
    }
  };
  const { priorStd } = await choosePriorStd((scale) => under(scale, 1, (target) => evidence(target, options)), {
    ...candidate.range,
    ...{ points: scales[0], rounds: scales[1], signal },
  });
  const leaveOneOut = async (target: Target) => {
    const { trialDraws: draws, trialWarmup: warmup } = effort;
    const drawn = await sample(ellipticalSlice(target), { draws, warmup, chains, seed, signal });
    return (await psisLoo(await pointwiseLogLikelihood(target, drawn))).elpd;
  };
  const { temperature } = await chooseTemperature((t) => under(priorStd, t, leaveOneOut), {
    ...{ from: 0.1, to: 10, points: temperatures[0], rounds: temperatures[1], signal },
  });
  return { priorStd, temperature };
}

/** log p(D | σ) by Laplace: quadrature would know it of two coordinates, for a hundred times as many evaluations. */
async function evidence(target: Target, { seed, signal }: ChoiceOptions): Promise<number> {
  return (await laplace(target, { evaluationDraws: 2, seed, signal })).logEvidence;
}

/** The largest radius that a tunnel round the curve can have, but for a thousandth: its least radius of curvature; of a straight line, its length. */
function widestTunnel(curve: Curve): number {
  const fits = (radius: number) => {
    try {
      tunnelSubspace(curve, { radius, rank: 1 });
      return true;
    } catch (error) {
      if ((error as { code?: string }).code !== 'INVALID_ARGUMENT') throw error;
      return false;
    }
  };
  let [low, high] = [1e-3 * curve.length(), curve.length()];
  if (fits(high)) return high;
  while (high > 1.001 * low) {
    const middle = Math.sqrt(low * high);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
