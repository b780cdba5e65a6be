import {
  type DifferentiableLogDensity,
  type Evaluation,
  type LogDensity,
  logDensity,
  type Vector,
} from '@subspace/core';

export interface Table {
  /** Points evaluated, tile by tile, as they were needed. */
  evaluations(): number;
  readonly likelihood: DifferentiableLogDensity;
}

/** Nodes of a tile's side. */
const TILE = 8;

/**
 * Spacings as multiples of the finest, and how many nats below the maximum a lattice is all that counts; it is gone three times as far below. (At T = 5, 60 nats are a density of e⁻¹².)
 */
const LATTICES = [
  { coarseness: 32, depth: Infinity },
  { coarseness: 8, depth: 1000 },
  { coarseness: 2, depth: 60 },
  { coarseness: 1, depth: 15 },
];

/**
 * A log likelihood of two coordinates read from lattices of its values, so that a sampler takes microseconds where a network takes milliseconds: the bicubic (Catmull–Rom)
 * interpolation, exact for quadratics, with one continuous derivative, which is that of the interpolation itself.
 *
 * The lattice is fine where it matters: a point is read from the coarsest, and from the next as long as that finds it near the maximum (`LATTICES`). From one to the next the density
 * changes smoothly: at a jump chains would get stuck. Tiles are evaluated when they are first needed.
 *
 * @param likelihood answers at once
 * @param spacing of the finest lattice
 * @param extent the likelihood is taken for 0 where a coordinate is larger: trajectories that go astray would ask for ever new tiles
 * @param maximum of the log likelihood, roughly
 */
export function tabulated(
  likelihood: LogDensity,
  options: { readonly spacing: number; readonly maximum: number; readonly extent: number },
): Table {
  const { spacing, maximum, extent } = options;
  let evaluations = 0;
  const lattice = (step: number): Lattice => {
    const tiles = new Map<number, Float64Array>();
    return {
      step,
      node(i, j) {
        const [ti, tj] = [Math.floor(i / TILE), Math.floor(j / TILE)];
        const key = ti * 2 ** 20 + tj;
        let tile = tiles.get(key);
        if (!tile) {
          const points = Array.from({ length: TILE * TILE }, (_, n) =>
            Float64Array.of((ti * TILE + Math.floor(n / TILE)) * step, (tj * TILE + (n % TILE)) * step),
          );
          tile = likelihood.values(points) as Float64Array;
          evaluations += points.length;
          tiles.set(key, tile);
        }
        return tile[(i - ti * TILE) * TILE + (j - tj * TILE)];
      },
    };
  };
  const lattices = LATTICES.map(({ coarseness, depth }) => ({ depth, ...lattice(coarseness * spacing) }));
  return {
    evaluations: () => evaluations,
    likelihood: logDensity(2, (z) => {
      if (Math.max(Math.abs(z[0]), Math.abs(z[1])) > extent) return { value: -Infinity, gradient: new Float64Array(2) };
      let evaluation = bicubic(lattices[0], z);
      for (const finer of lattices.slice(1)) {
        const below = (maximum - evaluation.value) / finer.depth;
        if (below >= 3) break;
        const better = bicubic(finer, z);
        evaluation = below <= 1 ? better : blended(evaluation, better, (3 - below) / 2, 0.5 / finer.depth);
      }
      return evaluation;
    }),
  };
}

/** From a to b as t, which rises by `slope` per nat of a, goes from 0 to 1: a + s(t)·(b − a) with s = 3t² − 2t³. */
function blended(a: Evaluation, b: Evaluation, t: number, slope: number): Evaluation {
  const share = t * t * (3 - 2 * t);
  const change = 6 * t * (1 - t) * slope * (b.value - a.value);
  return {
    value: a.value + share * (b.value - a.value),
    gradient: a.gradient.map((g, k) => g + share * (b.gradient[k] - g) + change * g),
  };
}

interface Lattice {
  readonly step: number;
  /** The value at (i·step, j·step). */
  node(i: number, j: number): number;
}

/** From the 4 × 4 nodes around z. */
function bicubic({ step, node }: Lattice, z: Vector): Evaluation {
  const [i, j] = [Math.floor(z[0] / step), Math.floor(z[1] / step)];
  const [wi, di] = catmullRom(z[0] / step - i);
  const [wj, dj] = catmullRom(z[1] / step - j);
  let [value, slope0, slope1] = [0, 0, 0];
  for (let a = 0; a < 4; a++) {
    for (let b = 0; b < 4; b++) {
      const f = node(i + a - 1, j + b - 1);
      value += wi[a] * wj[b] * f;
      slope0 += di[a] * wj[b] * f;
      slope1 += wi[a] * dj[b] * f;
    }
  }
  return { value, gradient: Float64Array.of(slope0 / step, slope1 / step) };
}

/** Weights of four neighbours at −1, 0, 1, 2 for a value at t in [0, 1), and their derivatives. */
function catmullRom(t: number): readonly [weights: number[], derivatives: number[]] {
  return [
    [
      0.5 * t * (-1 + t * (2 - t)),
      1 + 0.5 * t * t * (-5 + 3 * t),
      0.5 * t * (1 + t * (4 - 3 * t)),
      0.5 * t * t * (-1 + t),
    ],
    [-0.5 + t * (2 - 1.5 * t), t * (-5 + 4.5 * t), 0.5 + t * (4 - 4.5 * t), t * (-1 + 1.5 * t)],
  ];
}
