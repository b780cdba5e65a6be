import { posterior } from '@subspace/core';
import { ellipticalSlice } from '@subspace/ess';
import { sized } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { tooFar } from '../src/deviations.ts';
import { jointDistributionTest } from '../src/joint-distribution-test.ts';
import { kernels } from '../src/kernels.ts';
import { logisticRegression } from '../src/logistic-regression.ts';

const model = logisticRegression({ dim: 2, rows: 4 });
const steps = sized(5_000, 100_000);

describe("Geweke's joint distribution test", () => {
  it.each(kernels)('of $name: the prior stays the prior', ({ create }) => {
    expect(tooFar(jointDistributionTest(model, create, { steps, seed: 1 }))).toEqual([]);
  });

  // What the test is worth.
  it('finds a likelihood raised to the power ½', () => {
    const found = jointDistributionTest(
      model,
      ({ logLikelihood, prior }) => ellipticalSlice(posterior({ logLikelihood, prior, temperature: 2 })),
      { steps, seed: 1 },
    );
    expect(tooFar(found)).not.toEqual([]);
  });
});
