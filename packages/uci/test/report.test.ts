import { paperFigure, type ResultRow, report, reportCsv, reportHtml, reportMarkdown, reportText } from '@subspace/uci';
import { describeGolden } from '@subspace-internal/testing';
import { describe, expect, it } from 'vitest';

const rows: ResultRow[] = ['boston', 'yacht'].flatMap((dataset, d) =>
  [1, 2, 3, 4].flatMap((split) => [
    { dataset, model: 'SGD', split, test_loglik_unnormalized: -3 - split / 10 },
    { dataset, model: 'PCA+ESS', split, test_loglik_unnormalized: -2.9 - split / 10 - d * split * 0.05 },
  ]),
);

describe('report', () => {
  it('has means, standard deviations, ranks, and paired differences', async () => {
    const made = await report(rows, { metric: 'test_loglik_unnormalized' });
    expect([made.better, made.baseline, made.methods]).toEqual(['larger', 'SGD', ['SGD', 'PCA+ESS']]);
    const [sgd, ess] = made.rows[0].cells;
    expect(sgd).toMatchObject({ splits: 4, paper: { mean: -2.752, std: 0.132 } });
    expect(sgd!.mean).toBeCloseTo(-3.25, 12);
    expect(sgd!.std).toBeCloseTo(Math.sqrt(0.0125), 12);
    expect(ess!.difference).toMatchObject({ splits: 4 });
    expect(ess!.difference!.mean).toBeCloseTo(0.1, 12);
    expect(ess!.difference!.standardError).toBeLessThan(1e-12);
    const yacht = made.rows[1].cells[1]!.difference!;
    expect(yacht.mean).toBeCloseTo(0.1 - 0.05 * 2.5, 12);
    expect(yacht.standardError).toBeCloseTo(0.05 * Math.sqrt(1.25 / 3), 12);
    // Better on boston, worse on yacht.
    expect(made.ranks).toEqual([1.5, 1.5]);
  });

  it('compares what both methods have, and counts seeds of a split once', async () => {
    const uneven = [
      ...rows.filter(({ model, split }) => model === 'SGD' || Number(split) > 2),
      { ...rows[1], split: 3, test_loglik_unnormalized: -9 },
    ];
    const made = await report(uneven, { metric: 'test_loglik_unnormalized' });
    const cell = made.rows[0].cells[1]!;
    expect([cell.splits, cell.difference!.splits]).toEqual([2, 2]);
    expect(cell.mean).toBeCloseTo(((-3.2 - 9) / 2 - 3.3) / 2, 12);
    const chosen = await report(rows, {
      metric: 'test_loglik_unnormalized',
      methods: ['PCA+ESS', 'NUTS'],
      better: 'smaller',
    });
    expect(chosen.rows[0].cells[1]).toBeUndefined();
    expect(chosen.ranks).toEqual([]);
  });

  it('ranks coverages by how near they are to what they should be', async () => {
    const coverages = [0.99, 0.94, 0.8].map((test_calibration, i) => ({
      dataset: 'x',
      model: `m${i}`,
      split: 1,
      test_calibration,
    }));
    const made = await report(coverages, { metric: 'test_calibration' });
    expect(made.better).toBe(0.95);
    expect(made.ranks).toEqual([2, 1, 3]);
    expect(reportText(made)).toContain('nearer to 0.95 is better');
    const errors = [2, 1].map((test_rmse, i) => ({ dataset: 'x', model: `m${i}`, split: 1, test_rmse }));
    expect((await report(errors, { metric: 'test_rmse' })).ranks).toEqual([2, 1]);
  });

  it('has no row for a data set that none of the chosen methods has', async () => {
    const more = [...rows, { dataset: 'naval', model: 'SGD', split: 1, test_loglik_unnormalized: 6 }];
    const made = await report(more, { metric: 'test_loglik_unnormalized', methods: ['PCA+ESS'] });
    expect(made.rows.map(({ dataset }) => dataset)).toEqual(['boston', 'yacht']);
    expect(reportHtml([made])).not.toMatch(/Infinity|NaN/);
  });

  it('takes a database', async () => {
    const made = await report({ rows: async () => rows }, { metric: 'test_loglik_unnormalized', baseline: 'PCA+ESS' });
    expect(made.rows[0].cells[0]!.difference!.mean).toBeCloseTo(-0.1, 12);
  });

  it('refuses metrics and baselines that are not there', async () => {
    await expect(report(rows, { metric: 'rmse' })).rejects.toThrow(
      'report: metric is "rmse", which no row of regression has a number of, expected one of dataset, model',
    );
    await expect(report(rows, { metric: 'test_loglik_unnormalized', baseline: 'VI' })).rejects.toThrow(
      'baseline is "VI"',
    );
    await expect(report(rows, { metric: 'x', metrics: [] } as never)).rejects.toThrow('option metrics is unknown');
    await expect(report(undefined as never, { metric: 'x' })).rejects.toThrow('report: results is undefined');
  });

  it('is written down as text, Markdown, CSV and a page', async () => {
    const made = await report(rows, { metric: 'test_loglik_unnormalized' });
    const text = reportText(made);
    expect(text).toContain('boston       -3.250 ± 0.112 (4)');
    expect(text).toContain('paper');
    expect(text).toContain('-2.752 ± 0.132');
    expect(text).toMatch(/minus SGD +\+0\.100 ± 0\.000, p 0\.125/);
    expect(text).toContain('mean rank');
    expect(reportMarkdown(made)).toContain('| boston | -3.250 ± 0.112 (4) | -3.150 ± 0.112 (4) |');
    const csv = reportCsv(made).trim().split('\n');
    expect(csv.length).toBe(5);
    expect(csv[1]).toMatch(/^test_loglik_unnormalized,boston,SGD,4,-3\.25.*,-2\.752,0\.132,SGD,,,,$/);
    const html = reportHtml([made]);
    expect(html.match(/<svg /g)?.length).toBe(2);
    expect(html.match(/<circle /g)?.length).toBe(8);
    const hostile = rows.map((row) => ({ ...row, model: `<b>"${row.model}"</b>`, dataset: 'a,"b"' }));
    const other = await report(hostile, { metric: 'test_loglik_unnormalized' });
    expect(reportHtml([other])).not.toContain('<b>');
    expect(reportCsv(other)).toContain('"a,""b""","<b>""SGD""</b>"');
  });
});

describe('paperFigure', () => {
  it('knows the paper’s names, the scripts’ names, and nothing else', () => {
    expect(paperFigure('test_loglik_unnormalized', 'yacht', 'SWAG')).toEqual({ mean: -0.404, std: 0.418 });
    expect(paperFigure('test_loglik_unnormalized', 'yacht', 'RegNetpcalow_rank_gaussian')).toEqual({
      mean: -0.404,
      std: 0.418,
    });
    expect(paperFigure('test_loglik', 'wilson_pol', 'PCA+ESS')).toEqual({ mean: 1.737 });
    expect(paperFigure('test_rmse_unnormalized', 'wilson_elevators', 'NL')).toEqual({ mean: 0.097 });
    for (const [metric, dataset, method] of [
      ['x', 'yacht', 'SGD'],
      ['test_loglik', 'x', 'SGD'],
      ['test_loglik', 'wilson_pol', 'x'],
    ]) {
      expect(paperFigure(metric, dataset, method)).toBeUndefined();
    }
  });
});

describeGolden('uci-original-runs.json', (golden) => {
  it('has the figures of the paper that the original’s runs are compared with', () => {
    for (const [dataset, methods] of Object.entries<Record<string, { paper: Record<string, { mean: number }> }>>(
      golden.summary,
    )) {
      for (const [method, { paper }] of Object.entries(methods)) {
        expect(paperFigure('test_loglik_unnormalized', dataset, method)).toEqual(paper.loglik);
        expect(paperFigure('test_calibration', dataset, method)).toEqual(paper.coverage95);
        expect(paperFigure('test_rmse_unnormalized', dataset, method)!.mean).toBe(paper.rmse.mean);
      }
    }
  });

  it('says of the original’s own runs what was said of them in Python', async () => {
    const runs = Object.entries<Record<string, Record<string, number>[]>>(golden.runs).flatMap(([dataset, methods]) =>
      Object.entries(methods).flatMap(([model, splits]) =>
        splits.map((run): ResultRow => ({ dataset, model, ...run })),
      ),
    );
    const made = await report(runs, { metric: 'test_loglik_unnormalized', baseline: 'SGD' });
    for (const { dataset, cells } of made.rows) {
      for (const cell of cells) {
        const expected = golden.summary[dataset][cell!.method];
        expect(Math.abs(cell!.mean - expected.loglik.mean)).toBeLessThan(1e-4);
        expect(Math.abs(cell!.std - expected.loglik.std)).toBeLessThan(1e-4);
        if (!cell!.difference) continue;
        // Four digits.
        const { mean } = expected.paired_loglik_minus_SGD;
        expect(Math.abs(cell!.difference.mean / mean - 1)).toBeLessThan(6e-4);
        const { standard_error } = expected.paired_loglik_minus_SGD;
        expect(Math.abs(cell!.difference.standardError / standard_error - 1)).toBeLessThan(0.005);
      }
    }
  });
});
