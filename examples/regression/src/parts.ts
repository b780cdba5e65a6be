import { curveSubspace } from '@subspace/curves';
import { posteriorSurface, tracePlot } from '@subspace/plots';
import { pcaSubspace, randomSubspace, swag } from '@subspace/swag';
import type { Figure } from './figures.ts';
import { type Inference, type Inferred, predictWith } from './infer.ts';
import { everywhere, methodResult } from './method.ts';
import type { Part, PartContext, PartResult } from './part.ts';
import { paper } from './settings.ts';
import { rowsOf } from './solutions.ts';
import { type Space, tunnelRadius } from './space.ts';

/** Where the first coordinate of a tunnel has left the curve for its straight ends, or nearly: a drawing's end. */
const TUNNEL_END = 2;

type SpaceName = 'random' | 'pca' | 'plane' | 'tunnel';

const spaceTitles: Record<SpaceName, string> = {
  random: 'Random subspace',
  pca: 'PCA subspace',
  plane: 'Curve plane',
  tunnel: 'Tunnel',
};

const inferenceTitles: Record<Inference, string> = {
  ess: 'ESS',
  nuts: 'NUTS',
  'mean-field': 'mean-field VI',
  'full-rank': 'full-rank VI',
  realnvp: 'RealNVP',
  grid: 'exact grid',
};

const everySpace: readonly Inference[] = ['ess', 'nuts', 'mean-field', 'full-rank', 'realnvp'];

/** All parts, in the order of the page. */
export const parts: readonly Part[] = [
  { name: 'sgd', run: sgdPart },
  { name: 'swag', run: swagPart },
  { name: 'curve', run: curvePart },
  ...spacePart('random', everySpace),
  ...spacePart('pca', everySpace),
  ...spacePart('plane', [...everySpace, 'grid']),
  ...spacePart('tunnel', [...everySpace, 'grid']),
];

async function sgdPart(context: PartContext): Promise<PartResult> {
  const solutions = await context.solutions.sgd();
  const methods = [await atHand(context, 'SGD', [solutions[0]])];
  if (solutions.length > 1) methods.push(await atHand(context, `Ensemble of ${solutions.length}`, solutions));
  return { methods, figures: [], notes: [] };
}

async function swagPart(context: PartContext): Promise<PartResult> {
  const moments = [await context.solutions.swag(0), await context.solutions.swag(1)];
  const methods = [await atHand(context, 'SWA', [moments[0].mean()])];
  for (const [i, of] of moments.entries()) {
    methods.push(
      await atHand(context, `SWAG ${i + 1} (scale ${paper.swagScale})`, swag(of, { scale: paper.swagScale })),
    );
  }
  return { methods, figures: [], notes: [] };
}

async function atHand(context: PartContext, name: string, weights: Parameters<typeof predictWith>[1]) {
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

/** Solutions along the curve, evenly by its length. */
async function curvePart(context: PartContext): Promise<PartResult> {
  const curve = await context.solutions.curve();
  if (!curve) return { methods: [], figures: [], notes: ['There is no curve, and so neither its plane nor a tunnel.'] };
  const along = Array.from(curve.evenTimes(21), (t) => curve.point(t));
  return { methods: [await atHand(context, 'Along the curve', along)], figures: [], notes: [] };
}

function spacePart(space: SpaceName, inferences: readonly Inference[]): readonly Part[] {
  return inferences.map((inference) => ({
    name: `${space}-${inference}`,
    run: (context) => spaceResult(context, space, inference),
  }));
}

async function spaceResult(context: PartContext, space: SpaceName, inference: Inference): Promise<PartResult> {
  const { crew, problem, grid, effort, seed, noiseVariance, signal, checkpoint, onProgress } = context;
  const found = await spaceFrom(context, space);
  if (!found) return { methods: [], figures: [], notes: [] };
  const name = `${spaceTitles[space]} + ${inferenceTitles[inference]}`;
  const { prediction, positions, surface, ...facts } = await crew.run(
    'infer',
    {
      stage: name,
      inference,
      space: found.space,
      data: rowsOf(problem),
      variance: await noiseVariance(),
      ...problem.posterior[space],
      effort,
      seed,
      inputs: everywhere(problem, grid),
      around: found.curve ?? [],
    },
    { signal, checkpoint, onProgress },
  );
  const method = methodResult(context, prediction, { name, ...facts });
  return {
    methods: [method],
    figures: [
      ...surfaceFigures(`${space}-${inference}`, name, found, positions, surface),
      ...(facts.sampling ? [traceFigure(`${space}-${inference}`, name, positions)] : []),
    ],
    notes: [...found.notes, ...chainNotes(name, facts.sampling)],
  };
}

/** The posterior where two coordinates are all there is, or nearly all: of the random subspace's ten none matters more than another. */
function surfaceFigures(
  part: string,
  name: string,
  { curve }: Found,
  positions: Inferred['positions'],
  surface: Inferred['surface'],
): Figure[] {
  if (!surface || part.startsWith('random')) return [];
  const among = curve ? 'its two coordinates' : 'its first two coordinates (the others at 0)';
  return [
    {
      name: `posterior-${part}`,
      caption: `${name}: the posterior over ${among}, and draws${curve ? ', with the curve' : ''}.`,
      svg: posteriorSurface({
        ...surface,
        draws: thinned(positions.flat(), 800),
        ...(curve && { curve }),
        title: name,
        xLabel: 'z₁',
        yLabel: 'z₂',
      }),
    },
  ];
}

function traceFigure(part: string, name: string, positions: Inferred['positions']): Figure {
  return {
    name: `trace-${part}`,
    caption: `${name}: what each chain drew, coordinate by coordinate.`,
    svg: tracePlot({ positions }, { title: name }),
  };
}

/** At most `count` of the items, evenly: more dots would hide the surface. */
function thinned<A>(items: readonly A[], count: number): readonly A[] {
  const stride = Math.ceil(items.length / count);
  return items.filter((_, i) => i % stride === 0);
}

interface Found {
  readonly space: Space;
  /** In the coordinates of the space. */
  readonly curve?: readonly (readonly [number, number])[];
  readonly notes: readonly string[];
}

/** Directions round a solution, or round a curve; none without a curve. */
async function spaceFrom({ solutions, seed }: PartContext, name: SpaceName): Promise<Found | undefined> {
  const { layout } = solutions;
  if (name === 'random' || name === 'pca') {
    const moments = await solutions.swag(0);
    const { shift, basis } =
      name === 'random'
        ? randomSubspace(layout, moments.mean(), { rank: paper.rank, seed })
        : pcaSubspace(moments, { rank: { upTo: paper.rank } });
    const ways = basis.length === 1 ? '1 direction' : `${basis.length} directions`;
    const notes =
      basis.length < paper.rank
        ? [
            `Training moved the weights in ${ways} only, so the PCA subspace has rank ${basis.length}, not ${paper.rank}.`,
          ]
        : [];
    return { space: { kind: 'affine', shift, basis }, notes };
  }
  const curve = await solutions.curve();
  if (!curve) return undefined;
  if (name === 'tunnel') {
    const space: Space = { kind: 'tunnel', points: curve.points, radius: tunnelRadius(curve) };
    return { space, curve: [-TUNNEL_END, TUNNEL_END].map((z) => [z, 0] as const), notes: [] };
  }
  const { shift, basis, coordinatesOf } = curveSubspace(layout, curve);
  const along = Array.from(curve.evenTimes(61), (t) => coordinatesOf(curve.point(t)));
  return { space: { kind: 'affine', shift, basis }, curve: along.map(([x, y]) => [x, y] as const), notes: [] };
}

function chainNotes(name: string, sampling: { readonly rHat: number } | undefined): string[] {
  return sampling && sampling.rHat > 1.05
    ? [`${name}: the chains do not agree (R̂ ${sampling.rHat.toFixed(2)}), so its band is not to be trusted.`]
    : [];
}
