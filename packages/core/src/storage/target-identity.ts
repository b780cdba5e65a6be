import { argumentError } from '../argument.ts';
import { askGradients, askValues } from '../density/ask-target.ts';
import { type Gaussian, gaussianDraw } from '../density/gaussian.ts';
import type { DifferentiableLogDensity, LogDensity, Vector } from '../density/log-density.ts';
import { randomSource } from '../random/random-source.ts';
import { arithmetic } from './arithmetic.ts';
import { requireSameRun } from './run-identity.ts';
import { aCount, anObject, floats, objectOf, optional, type Schema } from './schema.ts';

/** Tells one target from another; plain data, kept in checkpoints. */
export interface TargetIdentity {
  readonly dim: number;
  readonly engine?: string;
  /** See `arithmetic`. */
  readonly arithmetic: string;
  /** What the target says it is made of. */
  readonly parts?: object;
  /** Of one that does not say: values, then gradients, at points around the start. */
  readonly answers?: Float64Array;
}

export interface TargetProbe {
  readonly target: LogDensity;
  /** Of the run: the points are drawn from it. */
  readonly seed: number | string;
  /** Where the run starts, or about where; default: the prior's mean, or 0. */
  readonly start?: Vector;
  /** How far from the start the points are; default: N(0, I). */
  readonly prior?: Gaussian;
  /** Whether the run uses the target's gradients. */
  readonly gradients: boolean;
}

/** Distances from the start, as parts of a draw of the prior: near ones where the target is narrow, the start itself among them. */
const DISTANCES = [0, 1, 1, 0.1, 0.01];

/** The identity of a run's target: what it says of itself, or its answers at points drawn from the seed. */
export async function targetIdentity(where: string, probe: TargetProbe): Promise<TargetIdentity> {
  const { target, gradients } = probe;
  const { dim, engine } = target;
  const known = { dim, engine, arithmetic: arithmetic() };
  const parts = await target.identity?.();
  if (parts) return { ...known, parts };
  const points = pointsOf(probe);
  const values = await askValues(where, target, points);
  const evaluations = gradients ? await askGradients(where, target as DifferentiableLogDensity, points) : [];
  return { ...known, answers: Float64Array.from([...values, ...evaluations.flatMap(({ gradient }) => [...gradient])]) };
}

function pointsOf({ target: { dim }, seed, start, prior }: TargetProbe): readonly Vector[] {
  const random = randomSource(seed).fork('target');
  const centre = start ?? prior?.mean ?? new Float64Array(dim);
  return DISTANCES.map((distance) => {
    const draw = prior ? gaussianDraw(prior, random) : Float64Array.from({ length: dim }, () => random.normal());
    return draw.map((x, k) => centre[k] + distance * (x - (prior?.mean[k] ?? 0)));
  });
}

/** What a saved one looks like. */
export const savedTarget: Schema = objectOf({ dim: aCount, parts: optional(anObject), answers: optional(floats()) });

/**
 * Throws unless the target of a run that goes on is the one that the checkpoint was made with, naming the part that differs.
 *
 * Answers are compared exactly, but to 1e-5 where the target names an engine: some devices do not give the same bits twice.
 */
export function requireSameTarget(where: string, saved: TargetIdentity | undefined, now: TargetIdentity): void {
  const { answers: before, ...knownBefore } = saved ?? {};
  const { answers, ...known } = now;
  requireSameRun(where, knownBefore, known, 'target');
  if (!before || !answers) return;
  requireSameRun(where, before.length, answers.length, 'target.answers.length');
  const allowed = now.engine === undefined ? 0 : 1e-5;
  answers.forEach((answer, i) => {
    if (Object.is(answer, before[i])) return;
    if (Math.abs(answer - before[i]) <= allowed * Math.max(1, Math.abs(answer))) return;
    const what = i < DISTANCES.length ? 'value' : 'gradient';
    const point = i < DISTANCES.length ? i : Math.floor((i - DISTANCES.length) / now.dim);
    throw argumentError(
      where,
      `the target's ${what} at point ${point + 1} of ${DISTANCES.length} drawn from the seed is ${answer}, but the checkpoint was ` +
        `made with ${before[i]}; expected the same target (data, network, subspace)`,
    );
  });
}
