import { drawsFrom, randomSource } from '@subspace/core';
import { type Diagnosis, diagnose } from '@subspace/diagnostics';
import { formulaUniform } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';
import { apart } from '../src/diagnosis.ts';

const random = randomSource('diagnose');
const column = (length: number, next: (i: number) => number) =>
  Array.from({ length }, (_, i) => Float64Array.of(next(i)));
const normals = (length: number, centre = 0) => column(length, () => centre + random.normal());
const four = <T>(chain: (c: number) => T): T[] => [0, 1, 2, 3].map(chain);
const autoregressive = (length: number, rho: number) => {
  let x = random.normal();
  return column(length, () => (x = rho * x + Math.sqrt(1 - rho ** 2) * random.normal()));
};
const codes = (found: readonly Diagnosis[]) => found.map(({ code }) => code);
const healthy = four(() => normals(500));
/** The healthy draws, with what their steps had to tell. */
const told = (info: (i: number, c: number) => object) =>
  drawsFrom(
    healthy,
    healthy.map((chain, c) => chain.map((_, i) => info(i, c))),
  );

describe('diagnose', () => {
  it('finds nothing wrong with independent draws of steps that have nothing to tell', () => {
    expect(diagnose(drawsFrom(healthy))).toEqual([]);
    expect(diagnose(told(() => ({ angle: 1, shrinks: 2, nonFinite: 0 })))).toEqual([]);
    const fine = told((i) => ({ acceptance: 0.8, depth: 3, stopped: 'turn', energy: 10 + formulaUniform(i, 1) }));
    expect(diagnose(fine)).toEqual([]);
  });

  it('tells chains that are each well mixed in modes of their own', () => {
    const [found, ...rest] = diagnose(drawsFrom(four((c) => normals(500, c < 2 ? 0 : 8))));
    expect(found).toMatchObject({ code: 'separate-modes', coordinates: [0] });
    expect(found.problem).toMatch(/R̂ is up to \d\.\d\d \(coordinate 0\), where 1.01 is allowed/);
    expect(found.advice).toContain('sequential Monte Carlo');
    expect(codes(rest)).toEqual(['ess-bulk', 'ess-tail', 'slow-mixing']);
  });

  it('tells chains that have not converged from those, and names the coordinates, the worst first', () => {
    const good = four(() => normals(400));
    const drifting = four((c) => column(400, (i) => (c * i) / 100 + random.normal()));
    const worse = four((c) => column(400, (i) => (c * i) / 20 + random.normal()));
    const positions = good.map((chain, c) =>
      chain.map((z, i) => Float64Array.of(z[0], drifting[c][i][0], worse[c][i][0])),
    );
    const found = diagnose(drawsFrom(positions)).find(({ code }) => code === 'r-hat');
    expect(found?.coordinates).toEqual([2, 1]);
    expect(found?.problem).toContain('2 coordinates of 3');
  });

  it('does not take chains of different spread for modes', () => {
    const found = codes(diagnose(drawsFrom(four((c) => column(500, () => (c < 2 ? 1 : 5) * random.normal())))));
    expect(found).toContain('r-hat');
    expect(found).not.toContain('separate-modes');
  });

  it('tells slow mixing, and how many more draws would do', () => {
    const found = diagnose(drawsFrom(four(() => autoregressive(1000, 0.99))));
    expect(codes(found)).toContain('ess-bulk');
    expect(codes(found)).toContain('slow-mixing');
    const bulk = found.find(({ code }) => code === 'ess-bulk');
    expect(bulk?.problem).toContain('where 400 are needed');
    expect(bulk?.advice).toMatch(/about \d+ times as many draws/);
    // Effective draws are 1/199 of all: of 120 000 there are enough, slow as it is.
    expect(codes(diagnose(drawsFrom(four(() => autoregressive(30_000, 0.99)))))).toEqual(['slow-mixing']);
  });

  it('tells chains that do not move, which are not taken for well mixed ones', () => {
    const found = diagnose(drawsFrom([normals(500), normals(500), normals(500), column(500, () => 9)]));
    expect(found[0]).toMatchObject({ code: 'stuck-chain', chains: [3] });
    expect(codes(found)).toContain('r-hat');
    expect(codes(found)).not.toContain('separate-modes');
  });

  it('tells divergences, with their number', () => {
    const [found] = diagnose(
      told((i, c) => (i === 7 && c > 1 ? { energy: i % 2, divergence: {} } : { energy: i % 2 })),
    );
    expect(found.code).toBe('divergences');
    expect(found.problem).toContain('2 trajectories of 2000 diverged');
    const [single] = diagnose(told((i, c) => (i + c === 0 ? { divergence: {} } : {})));
    expect(single.problem).toContain('1 trajectory of 2000 diverged');
  });

  it('tells proposals that overshot, which are no divergences', () => {
    const [found, ...rest] = diagnose(told((i, c) => ({ acceptance: 0.5, overshot: i === 7 && c > 1 ? 1 : 0 })));
    expect(found.code).toBe('overshooting');
    expect(found.problem).toMatch(/^2 proposals of 2000 overshot/);
    expect(rest).toEqual([]);
  });

  it('tells energies that are explored slowly, by chain', () => {
    const [found] = diagnose(told((i, c) => ({ energy: c === 2 ? i : formulaUniform(i, c) })));
    expect(found).toMatchObject({ code: 'bfmi', chains: [2] });
  });

  it('tells trees that are cut off, once they are more than one in a hundred', () => {
    const cut = (every: number) => diagnose(told((i) => ({ stopped: i % every === 0 ? 'depth' : 'turn' })));
    expect(codes(cut(50))).toEqual(['tree-depth']);
    expect(codes(cut(250))).toEqual([]);
  });

  it('tells proposals that are never accepted, and evaluations that were NaN', () => {
    expect(codes(diagnose(told(() => ({ acceptance: 0.03 }))))).toEqual(['acceptance']);
    const [found] = diagnose(told((i, c) => ({ nonFinite: i === 3 && c === 1 ? 2 : 0 })));
    expect(found.problem).toContain('2 evaluations of the log density were NaN');
  });

  it('tells too few draws, and a single chain, which it compares with itself', () => {
    expect(codes(diagnose(drawsFrom([normals(3), normals(3)])))).toEqual(['too-few-draws']);
    expect(codes(diagnose(drawsFrom(four(() => normals(60)))))).toContain('too-few-draws');
    expect(codes(diagnose(drawsFrom([normals(500)])))).toEqual(['single-chain']);
    const drifting = diagnose(drawsFrom([column(500, (i) => i / 50 + random.normal())]));
    expect(codes(drifting)).toContain('r-hat');
    expect(drifting.find(({ code }) => code === 'r-hat')?.problem).toContain('the chain drifts');
  });

  it('judges chains of a cancelled run over the length of the shortest', () => {
    const [a, b, c] = healthy;
    expect(diagnose(drawsFrom([a, b, c.slice(0, 300)]))).toEqual([]);
  });

  it('writes what is beyond a limit with the digits that tell it from the limit', () => {
    expect(apart(1.014, 1.01, 2)).toBe('1.014');
    expect(apart(1.0100004, 1.01, 2)).toBe('1.0100004');
    expect(apart(1.04, 1.01, 2)).toBe('1.04');
    expect(apart(0.2996, 0.3, 2)).toBe('0.2996');
    expect(apart(399.7, 400, 0)).toBe('399.7');
    expect(apart(76.4, 400, 0)).toBe('76');
    expect(apart(Number.NaN, 1, 2)).toBe('NaN');
    expect(apart(Infinity, 1, 2)).toBe('Infinity');
    const told = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3].flatMap((shift) =>
      diagnose(drawsFrom(four((c) => normals(400, shift * c)))).filter(({ code }) => code === 'r-hat'),
    );
    expect(told.length).toBeGreaterThan(0);
    for (const { problem } of told) expect(Number(/R̂ is up to (\S+) /.exec(problem)![1])).toBeGreaterThan(1.01);
  });
});
