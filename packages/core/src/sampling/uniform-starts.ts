import { argumentError } from '../argument.ts';
import { askGradients, askValues } from '../density/ask-target.ts';
import type { Evaluation, Vector } from '../density/log-density.ts';
import { abortError } from '../macrotask.ts';
import type { SamplingAlgorithm } from './algorithm.ts';
import type { SamplingPlan } from './sampling-plan.ts';

/** Stan's: how wide, and how often it is tried. */
const [HALF_WIDTH, TRIES] = [2, 100];

/**
 * A start for each chain, uniform on (−2, 2) in every coordinate, drawn again where the log density or its gradient is not finite.
 *
 * @see Stan Reference Manual, "Initialization"
 */
export async function uniformStarts<S, I>(
  where: string,
  algorithm: SamplingAlgorithm<S, I>,
  { chains, random, signal }: SamplingPlan,
): Promise<readonly Vector[]> {
  const { dim } = algorithm.target;
  const streams = Array.from({ length: chains }, (_, c) => random.fork(`chain ${c}`).fork('start'));
  const starts: Vector[] = [];
  let looking = streams.map((_, c) => c);
  for (let tried = 0; tried < TRIES && looking.length > 0; tried++) {
    if (signal?.aborted) throw abortError(where, signal, {});
    for (const c of looking) {
      starts[c] = Float64Array.from({ length: dim }, () => HALF_WIDTH * (2 * streams[c].uniform() - 1));
    }
    const points = looking.map((c) => starts[c].slice());
    const answers: readonly (number | Evaluation)[] =
      algorithm.needs === 'values'
        ? Array.from(await askValues(where, algorithm.target, points))
        : await askGradients(where, algorithm.target, points);
    looking = looking.filter((_, i) => !isUsable(answers[i]));
  }
  if (looking.length > 0) {
    const came = `the log density or its gradient is not finite at ${TRIES} starts, uniform on (−2, 2), of chain ${looking[0]}`;
    throw argumentError(where, `${came}, expected a finite one; give initial: one position per chain`);
  }
  return starts;
}

function isUsable(answer: number | Evaluation): boolean {
  return typeof answer === 'number'
    ? Number.isFinite(answer)
    : Number.isFinite(answer.value) && answer.gradient.every(Number.isFinite);
}
