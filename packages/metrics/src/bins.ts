import { argumentError, requireCount, requireKnownOptions, show } from '@subspace/core/internals';

export interface CalibrationOptions {
  /** Number of bins; default 15. */
  readonly bins?: number;
  /**
   * `'equal-width'` (default): (lo, hi] of width 1/bins. `'equal-mass'`: edges at equally spaced ranks of the confidences. `'equal-count'`: the sorted
   * confidences cut into pieces of n/bins, ties wherever they fall.
   */
  readonly binning?: 'equal-width' | 'equal-mass' | 'equal-count';
  /**
   * The bins of swa_gaussian's reliability diagrams: edges at every ⌈n/bins⌉-th sorted confidence, both of them excluded, so that points equal to an
   * edge are in no bin. Default false; excludes `binning`.
   */
  readonly paperCompat?: boolean;
}

const DEFAULT_BINS = 15;

/** The bin of each point, −1 for none, and how many bins there are. */
export function binned(
  where: string,
  confidence: Float64Array,
  options: CalibrationOptions,
): { readonly bins: number; readonly bin: Int32Array } {
  requireKnownOptions(where, options, ['bins', 'binning', 'paperCompat']);
  const { bins = DEFAULT_BINS, binning = 'equal-width', paperCompat = false } = options;
  requireCount(where, 'bins', bins);
  const n = confidence.length;
  const sorted = confidence.slice().sort();
  if (paperCompat) {
    if (options.binning !== undefined) {
      throw argumentError(where, 'binning and paperCompat are both given, expected one of them');
    }
    const step = Math.ceil(n / bins);
    const edges = sorted.filter((_, i) => i % step === 0);
    const closed = n % step === 1 ? edges : Float64Array.of(...edges, sorted[n - 1]);
    return { bins, bin: strictlyBetween(confidence, closed) };
  }
  switch (binning) {
    case 'equal-width':
      return { bins, bin: between(confidence, equalWidthEdges(bins)) };
    case 'equal-mass': {
      const edges = Float64Array.from({ length: bins + 1 }, (_, b) => {
        const rank = (b * n) / bins;
        const below = Math.min(Math.floor(rank), n - 1);
        return sorted[below] + (rank - below) * (sorted[Math.min(below + 1, n - 1)] - sorted[below]);
      });
      return { bins, bin: between(confidence, edges) };
    }
    case 'equal-count': {
      const order = Array.from(confidence.keys()).sort((a, b) => confidence[a] - confidence[b]);
      const bin = new Int32Array(n);
      const [size, larger] = [Math.floor(n / bins), n % bins];
      order.forEach((i, rank) => {
        // The first n mod bins pieces have one more.
        const inLarger = larger * (size + 1);
        bin[i] = rank < inLarger ? Math.floor(rank / (size + 1)) : larger + Math.floor((rank - inLarger) / size);
      });
      return { bins, bin };
    }
    default:
      throw argumentError(where, `binning is ${show(binning)}, expected equal-width, equal-mass or equal-count`);
  }
}

/** 0, 1/bins … 1. */
export function equalWidthEdges(bins: number): Float64Array {
  return Float64Array.from({ length: bins + 1 }, (_, b) => b / bins);
}

/** Bins (edge, next edge]; the first takes what is below it too. */
export function between(values: Float64Array, edges: Float64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    let b = 0;
    while (b < edges.length - 2 && value > edges[b + 1]) b++;
    return b;
  });
}

function strictlyBetween(values: Float64Array, edges: Float64Array): Int32Array {
  return Int32Array.from(values, (value) => {
    for (let b = 0; b < edges.length - 1; b++) if (value > edges[b] && value < edges[b + 1]) return b;
    return -1;
  });
}
