import type { Claim } from './figures.ts';
import type { MethodResult } from './method.ts';

/** Twice as wide is no longer “barely”. */
const BARELY = 2;

/** What the paper says of the bands side by side: widths of the model's own band, noise left out. */
export function comparisonClaim(methods: readonly MethodResult[]): Claim | undefined {
  const [random, pca, plane] = ['Random', 'PCA', 'Curve'].map((word) =>
    methods.find(({ name }) => name.startsWith(word)),
  );
  if (!random || !pca || !plane) return undefined;
  const away = [random, pca, plane].map(({ scores }) => scores.widthAway);
  return {
    says: 'Away from the data the band of the random subspace is the narrowest, and that of the curve’s plane the widest',
    seen: away[0] < away[1] && away[1] < away[2],
    because: `mean widths there are ${short(away[0])} (random), ${short(away[1])} (PCA) and ${short(away[2])} (curve)`,
  };
}

/** What is to be seen in a section's bands, by the paper where it has them. */
export function sectionClaim(section: string, methods: readonly MethodResult[]): Claim | undefined {
  const named = (words: string) => methods.find(({ name }) => name.includes(words));
  switch (section) {
    case 'SGD':
      return widening('Solutions agree at the data, and differ away from it', named('Ensemble'));
    case 'SWAG':
      return barely('SWAG’s band barely widens away from the data', named('SWAG 1'));
    case 'The curve between two solutions':
      return widening('Solutions along the curve agree at the data, and differ away from it', named('Along'));
    case 'Random subspace':
      return barely('The band barely widens away from the data', named('ESS'));
    case 'PCA subspace':
      return between('The band widens between the clusters', named('ESS'));
    case 'Curve plane':
    case 'Tunnel':
      return widening('The band is tight at the data and widest away from it', named('exact grid') ?? named('ESS'));
    default:
      return undefined;
  }
}

function widening(says: string, method: MethodResult | undefined): Claim | undefined {
  if (!method) return undefined;
  const { ratioBetween = 0, ratioOutside = 0 } = method.scores;
  return { says, seen: ratioBetween > 1 && ratioOutside > 1, because: ratios(method) };
}

function barely(says: string, method: MethodResult | undefined): Claim | undefined {
  if (!method) return undefined;
  const { ratioBetween = 0, ratioOutside = 0 } = method.scores;
  return { says, seen: ratioBetween < BARELY && ratioOutside < BARELY, because: ratios(method) };
}

function between(says: string, method: MethodResult | undefined): Claim | undefined {
  return method && { says, seen: (method.scores.ratioBetween ?? 0) > 1, because: ratios(method) };
}

function ratios({ name, scores: { widthAtData, ratioBetween, ratioOutside } }: MethodResult): string {
  const times = (ratio: number | undefined) => (ratio === undefined ? '–' : ratio.toFixed(1));
  return `${name} is ${short(widthAtData)} wide at the data, ${times(ratioBetween)} times that between the clusters and ${times(ratioOutside)} times outside of them`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(2)));
}
