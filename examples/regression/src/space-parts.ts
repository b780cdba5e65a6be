import { curveSubspace } from '@subspace/curves';
import { posteriorSurface, tracePlot } from '@subspace/plots';
import { pcaSubspace, randomSubspace } from '@subspace/swag';
import type { Claim, Figure } from './figures.ts';
import type { Inference, Inferred } from './infer.ts';
import type { LogDensityGrid } from './log-density-grid.ts';
import { everywhere, methodResult } from './method.ts';
import type { Part, PartContext, PartResult } from './part.ts';
import { paper } from './settings.ts';
import { rowsOf } from './solutions.ts';
import { type Space, tunnelRadius } from './space.ts';

/** Where the first coordinate of a tunnel has left the curve for its straight ends, or nearly: a drawing's end. */
const TUNNEL_END = 2;

/** R̂ of chains that agree. */
const AGREED = 1.05;
/** k̂ of an approximation that can be corrected by its importance ratios (Vehtari et al., 2024). */
const CLOSE = 0.7;

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

/** Each subspace by each way of inference; where there are two coordinates, by quadrature too. */
export const spaceParts: readonly Part[] = [
  ...spacePart('random', everySpace),
  ...spacePart('pca', everySpace),
  ...spacePart('plane', [...everySpace, 'grid']),
  ...spacePart('tunnel', [...everySpace, 'grid']),
];

function spacePart(space: SpaceName, inferences: readonly Inference[]): readonly Part[] {
  return inferences.map((inference) => ({
    name: `${space}-${inference}`,
    section: spaceTitles[space],
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
      ...surfaceFigures(`${space}-${inference}`, name, found, { positions, surface, ...facts }),
      ...(facts.sampling ? [traceFigure(`${space}-${inference}`, name, positions, facts.sampling)] : []),
    ],
    notes: [...found.notes, ...chainNotes(name, facts.sampling)],
  };
}

/** The posterior where two coordinates are all there is, or nearly all: of the random subspace's ten none matters more than another. */
function surfaceFigures(
  part: string,
  name: string,
  { curve }: Found,
  { positions, surface, sampling, paretoK }: Pick<Inferred, 'positions' | 'surface' | 'sampling' | 'paretoK'>,
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
      ...(sampling && { claim: agreement(sampling) }),
      ...(paretoK !== undefined && { claim: closeness(paretoK) }),
      ...(!sampling && paretoK === undefined && { claim: severalModes(surface) }),
    },
  ];
}

function traceFigure(
  part: string,
  name: string,
  positions: Inferred['positions'],
  sampling: NonNullable<Inferred['sampling']>,
): Figure {
  return {
    name: `trace-${part}`,
    caption: `${name}: what each chain drew, coordinate by coordinate.`,
    svg: tracePlot({ positions }, { title: name }),
    claim: agreement(sampling),
  };
}

function agreement({ rHat, essBulk }: NonNullable<Inferred['sampling']>): Claim {
  return {
    says: 'All chains draw from the same places',
    seen: rHat < AGREED,
    because: `R̂ is ${rHat.toFixed(3)} and the bulk effective draws are ${essBulk.toFixed(0)}, of the worst coordinate`,
  };
}

function closeness(paretoK: number): Claim {
  return {
    says: 'Where it draws, the approximation is close to the posterior',
    seen: paretoK < CLOSE,
    because: `k̂ of the importance ratios is ${paretoK.toFixed(2)}, ${paretoK < CLOSE ? 'below' : 'not below'} ${CLOSE}; of places that it never reaches, k̂ knows nothing`,
  };
}

/** Maxima of the drawn grid that are within ten nats of the highest. */
function severalModes({ x, y, logDensity }: LogDensityGrid): Claim {
  const at = (row: number, column: number) => logDensity[row * x.length + column];
  const highest = logDensity.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const steps = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dy, dx] as const)).filter(([dy, dx]) => dy || dx);
  let modes = 0;
  for (let row = 1; row < y.length - 1; row++) {
    for (let column = 1; column < x.length - 1; column++) {
      const here = at(row, column);
      if (here > highest - 10 && steps.every(([dy, dx]) => here > at(row + dy, column + dx))) modes++;
    }
  }
  return {
    says: 'The posterior has several modes, which no Gaussian has',
    seen: modes > 1,
    because: `the drawn grid has ${modes === 1 ? 'one maximum' : `${modes} maxima`} within 10 nats of the highest`,
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
  return sampling && sampling.rHat >= AGREED
    ? [`${name}: the chains do not agree (R̂ ${sampling.rHat.toFixed(2)}), so its band is not to be trusted.`]
    : [];
}
