import { gaussianLikelihood, type WeightSampler } from '@subspace/core';
import { type Curve, evaluateCurve, lossPlane } from '@subspace/curves';
import { curveEvaluationFigure, lossPlaneFigure } from '@subspace/plots';
import { swag } from '@subspace/swag';
import type { Figure } from './figures.ts';
import { predictWith } from './infer.ts';
import { everywhere, methodResult } from './method.ts';
import type { Part, PartContext, PartResult } from './part.ts';
import { paper } from './settings.ts';

/** What training alone gives. */
export const solutionParts: readonly Part[] = [
  { name: 'sgd', section: 'SGD', run: sgdPart },
  { name: 'swag', section: 'SWAG', run: swagPart },
  { name: 'curve', section: 'The curve between two solutions', run: curvePart },
];

async function sgdPart(context: PartContext): Promise<PartResult> {
  const solutions = await context.solutions.sgd();
  const methods = [await atHand(context, 'SGD', [solutions[0]])];
  if (solutions.length > 1) methods.push(await atHand(context, `Ensemble of ${solutions.length}`, solutions));
  return { methods, figures: [], notes: [] };
}

async function swagPart(context: PartContext): Promise<PartResult> {
  const { swagRuns, swag: momentsOf } = context.solutions;
  const moments = await Promise.all(Array.from({ length: swagRuns }, (_, run) => momentsOf(run)));
  const methods = [await atHand(context, 'SWA', [moments[0].mean()])];
  for (const [i, of] of moments.entries()) {
    const name = `SWAG ${i + 1} (scale ${paper.swagScale})`;
    methods.push(await atHand(context, name, swag(of, { scale: paper.swagScale })));
  }
  return { methods, figures: [], notes: [] };
}

async function curvePart(context: PartContext): Promise<PartResult> {
  const curve = await context.solutions.curve();
  if (!curve) return { methods: [], figures: [], notes: ['There is no curve, and so neither its plane nor a tunnel.'] };
  const along = Array.from(curve.evenTimes(21), (t) => curve.point(t));
  const methods = [await atHand(context, 'Along the curve', along)];
  return { methods, figures: await curveFigures(context, curve), notes: [] };
}

/** A row of weights that are at hand. */
async function atHand(context: PartContext, name: string, weights: readonly Float32Array[] | WeightSampler) {
  const { engine, problem, grid, noiseVariance, seed } = context;
  const started = performance.now();
  const network = engine.network(seed);
  try {
    const prediction = await predictWith(network, weights, everywhere(problem, grid), await noiseVariance(), context);
    return methodResult(context, prediction, { name, seconds: (performance.now() - started) / 1000 });
  } finally {
    network.dispose();
  }
}

/** Twice as much squared error as at the ends, at most. */
const AS_GOOD = 2;

/** The valley that the curve goes through, and the barrier that it goes round. */
async function curveFigures(
  { engine, problem, effort, noiseVariance, seed, signal, onProgress }: PartContext,
  curve: Curve,
): Promise<readonly Figure[]> {
  const { data } = problem.train;
  const likelihood = gaussianLikelihood({ variance: await noiseVariance() });
  const network = engine.network(seed);
  try {
    const along = await evaluateCurve(network, data, curve, { likelihood, signal });
    const [start, bend, end] = curve.points;
    const plane = await lossPlane(network, data, {
      corners: [start, bend, end],
      likelihood,
      resolution: effort.surface,
      signal,
      onProgress: ({ points, of, secondsLeft }) =>
        onProgress?.({ stage: 'Look round the curve', done: points, of, secondsLeft }),
    });
    const { values } = along.curve.error;
    const ends = Math.max(values[0], values[values.length - 1]);
    const [worst, straight] = [along.curve.error.maximum / ends, along.line.error.maximum / ends];
    const because = `the largest error along the curve is ${worst.toFixed(2)} times that of its worse end, along the line ${straight.toFixed(1)} times`;
    return [
      {
        name: 'curve-losses',
        caption:
          'Along the curve, and along the straight line between its ends: NLL and root mean squared error of the training points.',
        svg: curveEvaluationFigure(along, { scores: ['nll', 'error'] }),
        claim: {
          says: 'Solutions along the curve are as good as its ends, those along the line are not',
          seen: worst * worst <= AS_GOOD && straight * straight > AS_GOOD,
          because,
        },
      },
      {
        name: 'curve-plane',
        caption: 'The loss (NLL) over the plane of the curve, in distances of weight space.',
        svg: lossPlaneFigure(plane, {
          curve: Array.from(curve.evenTimes(61), (t) => plane.coordinatesOf(curve.point(t))),
          points: [
            { label: 'SWA 1', ...xy(plane.coordinatesOf(start)) },
            { label: 'SWA 2', ...xy(plane.coordinatesOf(end)) },
          ],
        }),
        claim: {
          says: 'A valley leads from one solution to the other, and it is bent',
          seen: worst < straight,
          because,
        },
      },
    ];
  } finally {
    network.dispose();
  }
}

function xy([x, y]: ArrayLike<number> & Iterable<number>): { readonly x: number; readonly y: number } {
  return { x, y };
}
