import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawsFrom, randomSource } from '@subspace/core';
import { type InferenceData, psisLoo, relativeEfficiency, summary, toInferenceData, waic } from '@subspace/diagnostics';
import { describe, expect, it } from 'vitest';

const random = randomSource('inference data');
const targets = [0.3, -1.2, 0.8, 2.1];
const positions = [0, 1].map(() =>
  Array.from({ length: 250 }, () => Float64Array.of(0.5 + 0.5 * random.normal(), random.normal())),
);
const infos = positions.map((chain) =>
  chain.map((_, i) => ({
    acceptance: random.uniform(),
    depth: 3,
    steps: 7,
    stepSize: 0.25,
    energy: random.normal(),
    stopped: i === 5 ? 'depth' : 'turn',
    accepted: i % 2 === 0,
    lost: i === 0 ? Number.NaN : 1,
    ...(i === 9 && { divergence: { from: Float64Array.of(1) } }),
  })),
);
const draws = drawsFrom(positions, infos);
const values = positions.flat().map((z) => targets.map((y) => -0.5 * (Math.log(2 * Math.PI) + (y - z[0]) ** 2)));
const predictive = positions.flat().map((z) => targets.map(() => z[0] + random.normal()));
const data = () => toInferenceData(draws, { logLikelihood: { values }, predictive, observed: targets });

describe('toInferenceData', () => {
  it('has variables by chain and draw, and survives JSON', () => {
    const groups: InferenceData = JSON.parse(JSON.stringify(data()));
    expect(groups).toEqual(data());
    expect(groups.posterior.z[1][3]).toEqual(Array.from(positions[1][3]));
    expect(groups.log_likelihood?.y[1][3]).toEqual(values[253]);
    expect(groups.posterior_predictive?.y[0][7]).toEqual(predictive[7]);
    expect(groups.observed_data?.y).toEqual(targets);
    expect(groups.dims).toEqual({ z: ['coordinate'], y: ['point'] });
  });

  it("has what the steps tell, under ArviZ's names, and leaves out what is not a finite number in every draw", () => {
    const stats = data().sample_stats!;
    expect(Object.keys(stats).sort()).toEqual(
      [
        ...['acceptance_rate', 'tree_depth', 'n_steps', 'step_size', 'energy', 'accepted', 'diverging'],
        'reached_max_treedepth',
      ].sort(),
    );
    expect(stats.diverging[1].filter(Boolean)).toHaveLength(1);
    expect(stats.diverging[1][9]).toBe(true);
    expect(stats.reached_max_treedepth[0].indexOf(true)).toBe(5);
    expect(stats.acceptance_rate[1][4]).toBe(infos[1][4].acceptance);
  });

  it('has a posterior only, where there is nothing else', () => {
    expect(Object.keys(toInferenceData(drawsFrom(positions)))).toEqual(['posterior', 'coords', 'dims', 'attrs']);
  });

  it('rejects chains of different lengths, other shapes and values that are not finite', () => {
    expect(() => toInferenceData(drawsFrom([positions[0], positions[1].slice(1)]))).toThrow(
      'draws.positions[1] has length 249, expected 250',
    );
    expect(() => toInferenceData(draws, { logLikelihood: { values: values.slice(1) } })).toThrow(
      'logLikelihood.values has length 499, expected 500',
    );
    expect(() => toInferenceData(draws, { logLikelihood: { values }, observed: [1] })).toThrow(
      'logLikelihood.values[0] has length 4, expected 1',
    );
    expect(() => toInferenceData(draws, { observed: { y: [1, 2] } as never })).toThrow(
      'observed is Object, expected a list of numbers',
    );
    expect(() => toInferenceData(draws, { observed: [0.3, Number.NaN, 0.8, 2.1] })).toThrow(
      'observed[1] is NaN, expected a finite number',
    );
    expect(() => toInferenceData(draws, { predictive: predictive.map((row) => row.map(() => Number.NaN)) })).toThrow(
      'toInferenceData: predictive[0][0] is NaN, expected a finite number',
    );
    expect(() => toInferenceData(draws, { y: [] } as object)).toThrow('option y is unknown');
  });
});

const hasArviz =
  spawnSync('python3', ['-c', 'import importlib.util, sys; sys.exit(importlib.util.find_spec("arviz") is None)'])
    .status === 0;

describe.skipIf(!hasArviz)('ArviZ (skipped where python3 has none)', () => {
  it('reads the JSON back, and finds what our diagnostics find', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'arviz-'));
    const file = join(folder, 'draws.json');
    writeFileSync(file, JSON.stringify(data()));
    const program = `
import json, sys, warnings
warnings.filterwarnings("ignore")
import arviz as az
data = az.from_json(sys.argv[1])
table = az.summary(data, round_to="none")
loo, waic = az.loo(data, pointwise=True), az.waic(data)
print(json.dumps({
    "groups": sorted(data.groups()), "dims": dict(data.posterior.sizes), "point": list(data.log_likelihood.y.dims),
    "kinds": {name: str(v.dtype.kind) for name, v in data.sample_stats.data_vars.items()},
    "diverging": int(data.sample_stats.diverging.sum()), "energy": float(data.sample_stats.energy[1, 4]), "observed": data.observed_data.y.values.tolist(),
    "mean": table["mean"].tolist(), "sd": table["sd"].tolist(), "mcseMean": table["mcse_mean"].tolist(), "rHat": table["r_hat"].tolist(),
    "essBulk": table["ess_bulk"].tolist(), "essTail": table["ess_tail"].tolist(), "low": table["hdi_3%"].tolist(), "high": table["hdi_97%"].tolist(),
    "loo": loo.elpd_loo, "looSe": loo.se, "paretoK": loo.pareto_k.values.tolist(), "waic": waic.elpd_waic}))`;
    const { status, stdout, stderr } = spawnSync('python3', ['-c', program, file], { encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(status, stderr).toBe(0);
    const theirs = JSON.parse(stdout.trim().split('\n').at(-1)!);

    expect(theirs.groups).toEqual([
      'log_likelihood',
      'observed_data',
      'posterior',
      'posterior_predictive',
      'sample_stats',
    ]);
    expect(theirs.dims).toEqual({ chain: 2, draw: 250, coordinate: 2 });
    expect(theirs.point).toEqual(['chain', 'draw', 'point']);
    expect(theirs.kinds).toMatchObject({ diverging: 'b', energy: 'f', tree_depth: 'i', acceptance_rate: 'f' });
    expect(theirs.diverging).toBe(2);
    expect(theirs.energy).toBe(infos[1][4].energy);
    expect(theirs.observed).toEqual(targets);

    const close = (value: number, expected: number) => expect(Math.abs(value / expected - 1)).toBeLessThan(1e-8);
    summary(draws).forEach((row, k) => {
      for (const key of ['mean', 'sd', 'mcseMean', 'rHat', 'essBulk', 'essTail'] as const) {
        close(row[key], theirs[key][k]);
      }
      close(row.hdi[0], theirs.low[k]);
      close(row.hdi[1], theirs.high[k]);
    });
    const loo = await psisLoo({ values, relativeEfficiency: relativeEfficiency(draws) });
    close(loo.elpd, theirs.loo);
    close(loo.standardError, theirs.looSe);
    loo.paretoK.forEach((k, i) => {
      close(k, theirs.paretoK[i]);
    });
    close(waic({ values }).elpd, theirs.waic);
  });
});
