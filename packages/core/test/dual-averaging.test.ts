import { type AveragingPace, averaged, dualAveraging } from '@subspace/core/internals';
import { describeGolden, formulaUniform } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

/** As of NUTS, and as of single proposals. */
const TRAJECTORY_PACE: AveragingPace = { gamma: 0.05, eagerness: 10, eagernessInBrief: 0.5 };
const PROPOSAL_PACE: AveragingPace = { gamma: 0.5, eagerness: 1, eagernessInBrief: 1 };

describe('dual averaging', () => {
  it.each([
    ['trajectories', TRAJECTORY_PACE],
    ['proposals', PROPOSAL_PACE],
  ])('finds the step size whose acceptance is the one that is wanted, at the pace of %s', (_, pace) => {
    // Acceptance exp(−ε): 0.8 at ε = 0.223.
    let state = dualAveraging(1, pace, 50);
    for (let i = 0; i < 1000; i++) state = averaged(state, Math.exp(-Math.exp(state.log)), 0.8, pace);
    expect(Math.abs(state.average - Math.log(-Math.log(0.8)))).toBeLessThan(0.1);
  });

  it('begins at the step size it is given, and leaves the state it goes on from as it was', () => {
    const first = dualAveraging(0.25, TRAJECTORY_PACE, 50);
    expect(Math.exp(first.log)).toBeCloseTo(0.25, 15);
    const copy = { ...first };
    averaged(first, 0.3, 0.8, TRAJECTORY_PACE);
    expect(first).toEqual(copy);
  });
});

describeGolden('samplers-adaptation.json', (golden) => {
  it("has NumPyro's log step sizes and averages", () => {
    golden.dualAveraging.forEach((reference: Record<string, never>, index: number) => {
      const { initialStepSize, target, n, keptUpdates, logStepSize, logAveragedStepSize, finalStepSize } = reference;
      let state = dualAveraging(initialStepSize, TRAJECTORY_PACE, 60);
      for (let i = 0; i < n; i++) {
        state = averaged(state, Math.sqrt(formulaUniform(i, 600 + index)), target, TRAJECTORY_PACE);
        const kept = (keptUpdates as number[]).indexOf(i);
        if (kept < 0) continue;
        expect(state.log).toBeCloseTo(logStepSize[kept], 10);
        expect(state.average).toBeCloseTo(logAveragedStepSize[kept], 10);
      }
      expect(Math.exp(state.average) / finalStepSize).toBeCloseTo(1, 10);
    });
  });
});
