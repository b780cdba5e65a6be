import { type CoordinateSampler, constrained, drawsFrom, logDensity, randomSource, type Vector } from '@subspace/core';
import { diagnose, summary, toInferenceData } from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';

const random = randomSource('summary');
const chain = (length = 400) => Array.from({ length }, () => Float64Array.of(random.normal(), 3 + 2 * random.normal()));
const draws = drawsFrom([chain(), chain(), chain(), chain()]);

/** As variational inference has it: no end of draws. */
const approximation = {
  dim: 2,
  sample: (stream, count) =>
    Array.from({ length: count }, () => Float64Array.of(stream.normal(), 3 + 2 * stream.normal())),
  elbo: -3.5,
  elboStandardError: 0.1,
  paretoK: 0.3,
  paretoKError: 0.1,
  converged: true,
  nonFinite: 0,
} satisfies CoordinateSampler & Record<string, unknown>;

/** As sequential Monte Carlo has it: particles in one list. */
const positions: readonly Vector[] = draws.positions.flat();
const particles = {
  dim: 2,
  size: positions.length,
  positions,
  sample: draws.sample,
  logEvidence: -12.5,
  logEvidenceStandardError: 0.2,
  stages: [],
  nonFinite: 0,
};

/** As importance resampling has it: draws, but of no chain. */
const picked = { ...drawsFrom([positions]), paretoK: 0.9, effectiveSize: 50, logEvidence: -12.4, nonFinite: 0 };

describe('summary', () => {
  it('has names and quantiles', () => {
    const rows = summary(draws);
    expect(rows.map(({ name }) => name)).toEqual(['z[0]', 'z[1]']);
    // Of 1600 normal draws the standard error of a 5 % quantile is 0.053 sd: four of them.
    [-1.645, 0, 1.645].forEach((quantile, i) => {
      expect(Math.abs(rows[0].quantiles[i] - quantile)).toBeLessThan(0.22);
      expect(Math.abs(rows[1].quantiles[i] - (3 + 2 * quantile))).toBeLessThan(0.44);
    });
    expect(rows[1].rHat).toBeLessThan(1.01);
    const named = summary(draws, { names: ['slope', 'scale'], quantiles: [0.5] });
    expect(named.map(({ name, quantiles }) => [name, quantiles.length])).toEqual([
      ['slope', 1],
      ['scale', 1],
    ]);
  });

  it.each([
    ['an approximation', approximation as CoordinateSampler],
    ['particles', particles as CoordinateSampler],
    ['importance-resampled draws', picked as CoordinateSampler],
  ])('takes %s as it is, without what only chains have', (_, sampler) => {
    const rows = summary(sampler, { names: ['a', 'b'] });
    expect(rows[1].name).toBe('b');
    expect(Math.abs(rows[1].mean - 3)).toBeLessThan(0.2);
    expect(Math.abs(rows[1].sd - 2)).toBeLessThan(0.15);
    expect(Object.keys(rows[0])).toEqual(['name', 'mean', 'sd', 'quantiles', 'hdi']);
    expect(summary(sampler, { names: ['a', 'b'] })).toEqual(rows);
  });

  it('draws as many as are asked for, from the seed', () => {
    const first = summary(approximation, { draws: 10, seed: 'a' });
    expect(summary(approximation, { draws: 10, seed: 'a' })).toEqual(first);
    expect(summary(approximation, { draws: 10, seed: 'b' })).not.toEqual(first);
    expect(summary(particles, { seed: 'b' })).toEqual(summary(particles));
  });

  it('names the numbers of constrained parameters', () => {
    const target = constrained(
      logDensity(2, () => 0),
      { shift: { kind: 'real' }, scale: { kind: 'positive' } },
    );
    const [, scale] = summary(target.constrainDraws(draws), { names: target.names, quantiles: [0.5] });
    expect(scale.name).toBe('scale');
    expect(scale.quantiles[0]).toBeCloseTo(Math.exp(summary(draws, { quantiles: [0.5] })[1].quantiles[0]), 2);
    expect(scale.rHat).toBeLessThan(1.01);
    expect(summary(target.constrainDraws(approximation), { names: target.names })[1].hdi[0]).toBeGreaterThan(0);
  });

  it('says what is wrong with its arguments', () => {
    expect(() => summary(draws, { names: ['a'] })).toThrow('summary: names are "a", expected 2 strings');
    expect(() => diagnose(draws, { names: ['a'] })).toThrow('diagnose: names are "a", expected 2 strings');
    expect(() => toInferenceData(draws, { names: 'ab' as never })).toThrow('names are "ab", expected 2 strings');
    expect(() => summary(draws, { quantiles: [1.5] })).toThrow('quantiles[0] is 1.5, expected a number from 0 to 1');
    expect(() => summary(draws, { sizes: 1 } as object)).toThrow('option sizes is unknown');
    expect(() => summary(approximation, { draws: 0 })).toThrow('draws is 0');
    expect(() => summary({ dim: 2 } as never)).toThrow('draws have neither positions nor sample');
    expect(() => summary(undefined as never)).toThrow('draws is undefined, expected an object');
  });
});

describe('diagnose', () => {
  const codes = (sampler: CoordinateSampler) => diagnose(sampler).map(({ code }) => code);

  it('judges results that are no chains by what they tell of themselves', () => {
    expect(codes(approximation)).toEqual([]);
    expect(codes(particles)).toEqual([]);
    expect(codes(picked)).toEqual(['pareto-k']);
    expect(codes({ ...approximation, converged: false, nonFinite: 3 } as CoordinateSampler)).toEqual([
      'not-converged',
      'non-finite',
    ]);
    expect(diagnose({ ...approximation, paretoK: Infinity } as CoordinateSampler)[0].problem).toContain(
      'is Infinity ± 0.10',
    );
  });

  it('says that k̂ may be too large where its error leaves that open', () => {
    const [finding] = diagnose({ ...approximation, paretoK: 0.65 } as CoordinateSampler);
    expect(finding.code).toBe('pareto-k');
    expect(finding.problem).toContain('is 0.65 ± 0.10, where 0.7 is allowed: the approximation may miss too much');
    expect(diagnose(picked)[0].problem).toContain('is 0.90, where 0.7 is allowed: the approximation misses too much');
  });

  it('names coordinates', () => {
    const apart = drawsFrom([chain(), chain().map(([x, y]) => Float64Array.of(x + 9, y))]);
    expect(diagnose(apart, { names: ['slope', 'scale'] })[0].problem).toContain('(slope)');
    expect(diagnose(apart)[0].problem).toContain('(coordinate 0)');
  });
});

describe('toInferenceData', () => {
  it('has names for coordinates, and none for those without', () => {
    expect(toInferenceData(draws, { names: ['slope', 'scale'] }).coords.coordinate).toEqual(['slope', 'scale']);
    expect(toInferenceData(draws).coords.coordinate).toEqual([0, 1]);
  });

  it('takes results that are no chains as one, with what they tell of their evidence', () => {
    const ofParticles = toInferenceData(particles);
    expect(ofParticles.posterior.z).toEqual([positions.map((position) => Array.from(position))]);
    expect(ofParticles.sample_stats).toBeUndefined();
    expect(ofParticles.attrs).toEqual({
      inference_library: '@subspace/core',
      log_evidence: -12.5,
      log_evidence_standard_error: 0.2,
    });
    const ofApproximation = toInferenceData(approximation, { draws: 30 });
    expect(ofApproximation.posterior.z[0].length).toBe(30);
    expect(ofApproximation.attrs).toMatchObject({ elbo: -3.5, elbo_standard_error: 0.1, pareto_k: 0.3 });
    expect(toInferenceData(picked).attrs).toMatchObject({ pareto_k: 0.9, effective_size: 50 });
    expect(JSON.parse(JSON.stringify(ofParticles))).toEqual(ofParticles);
  });
});
