import { expect, it } from 'vitest';
import { comparisonClaim, sectionClaim } from '../src/claims.ts';
import type { MethodResult } from '../src/method.ts';

const method = (name: string, widthAtData: number, ratioBetween: number, ratioOutside: number): MethodResult => ({
  name,
  prediction: {} as MethodResult['prediction'],
  scores: {
    trainNll: 0,
    widthAtData,
    widthAway: (widthAtData * (ratioBetween + ratioOutside)) / 2,
    ratioBetween,
    ratioOutside,
  },
  seconds: 0,
});

it('a sentence is seen, or is not, in its numbers', () => {
  const [random, pca, plane] = [
    method('Random subspace + ESS', 0.01, 1.1, 2.2),
    method('PCA subspace + ESS', 0.02, 0.7, 1.7),
    method('Curve plane + exact grid', 0.01, 3.6, 4.4),
  ];
  expect(comparisonClaim([random, pca, plane])).toMatchObject({
    seen: true,
    because: 'mean widths there are 0.017 (random), 0.024 (PCA) and 0.04 (curve)',
  });
  expect(comparisonClaim([{ ...random, name: pca.name }, { ...pca, name: random.name }, plane])!.seen).toBe(false);
  expect(comparisonClaim([random, pca])).toBeUndefined();
  expect(sectionClaim('PCA subspace', [pca])!.seen).toBe(false);
  expect(sectionClaim('Random subspace', [random])!.seen).toBe(false);
  expect(sectionClaim('Curve plane', [plane])).toEqual({
    says: 'The band is tight at the data and widest away from it',
    seen: true,
    because:
      'Curve plane + exact grid is 0.01 wide at the data, 3.6 times that between the clusters and 4.4 times outside of them',
  });
  expect(sectionClaim('anything else', [plane])).toBeUndefined();
});
