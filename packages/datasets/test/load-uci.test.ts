import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadUci } from '@subspace/datasets/node';
import { describeGolden, sharedIsThere, sharedPath } from '@subspace-internal/testing';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'subspace-uci-'));
afterAll(() => rmSync(folder, { recursive: true }));

function files(name: string, contents: Readonly<Record<string, string | Uint8Array>>): string {
  const root = join(folder, name);
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe('loadUci', () => {
  it('has the bundled sets at once, with the fixed splits', async () => {
    for (const [name, shape] of [
      ['yacht', [308, 6]],
      ['energy', [768, 8]],
      ['concrete', [1030, 8]],
    ] as const) {
      const data = await loadUci(name);
      expect(data.inputs.shape).toEqual(shape);
      expect(data.splits.length).toBe(20);
      expect(data.source).toBe('bundled');
    }
    expect((await loadUci('concrete')).findings).toMatchObject([
      { code: 'duplicate-rows', problem: '25 rows of 1030 are copies of others, target included' },
    ]);
  });

  it('reads any set of fixed splits, with the columns and rows that its files say', async () => {
    const root = files('fixed', {
      'toy/data/data.txt': '1 2 3 9\n4 5 6 9\n7 8 9 9\n',
      'toy/data/index_features.txt': '2\n0\n',
      'toy/data/index_target.txt': '1\n',
      'toy/data/index_train_0.txt': '2\n0\n',
      'toy/data/index_test_0.txt': '1\n',
    });
    const { inputs, targets, splits, source } = await loadUci('toy', { root });
    expect([...inputs.data]).toEqual([3, 1, 6, 4, 9, 7]);
    expect([...targets.data]).toEqual([2, 5, 8]);
    expect(splits).toEqual([{ train: Int32Array.of(2, 0), test: Int32Array.of(1) }]);
    expect(source).toContain('data.txt');
    writeFileSync(join(root, 'toy/data/index_test_0.txt'), '3\n');
    await expect(loadUci('toy', { root })).rejects.toThrow('has row 3, expected rows from 0 to 2');
  });

  it('reads any set with masks, and says which rows are there twice and which features are constant', async () => {
    const contents = {
      'toy/data.csv.gz': gzipSync('1,5,2\n3,5,4\n1,5,2\n'),
      'toy/test_mask.csv.gz': gzipSync('1,0\n0,1\n0,1\n'),
    };
    const root = files('masks', contents);
    const { splits, findings } = await loadUci('toy', { root });
    expect(splits).toEqual([
      { train: Int32Array.of(1, 2), test: Int32Array.of(0) },
      { train: Int32Array.of(0), test: Int32Array.of(1, 2) },
    ]);
    expect(findings.map(({ problem }) => problem)).toEqual([
      '1 row of 3 is a copy of another, target included',
      'feature 1 is constant',
    ]);
    files('masks', { 'toy/test_mask.csv.gz': gzipSync('1,0\n0,2\n0,1\n') });
    await expect(loadUci('toy', { root })).rejects.toThrow('has 2, expected 0 and 1');
    files('masks', { 'toy/test_mask.csv.gz': gzipSync('1,0\n') });
    await expect(loadUci('toy', { root })).rejects.toThrow('has 1 rows, expected 3');
    rmSync(join(root, 'toy', 'test_mask.csv.gz'));
    expect((await loadUci('toy', { root })).splits).toEqual([]);
  });

  it('reads a plain file of any kind, an array in Fortran order too, and names the file where it is broken', async () => {
    const header = `${"{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }".padEnd(117)}\n`;
    const npy = new Uint8Array(128 + 48);
    npy.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]);
    npy.set(new TextEncoder().encode(header), 10);
    npy.set(new Uint8Array(Float64Array.of(1, 4, 2, 5, 3, 6).buffer), 128);
    const root = files('plain', {
      'a.csv': 'x,z,y\n1,2,3\n4,5,6\n',
      'b.txt': '1 2 3\n4 5 6',
      'c.npy': npy,
      'd/d.csv': '1,2,3\n4,5,6\n',
      'e.csv': '1,x\n',
    });
    for (const name of ['a', 'b', 'c', 'd']) {
      const { inputs, targets } = await loadUci(name, { root });
      expect([...inputs.data], name).toEqual([1, 2, 4, 5]);
      expect([...targets.data], name).toEqual([3, 6]);
    }
    await expect(loadUci('e', { root })).rejects.toThrow(/loadUci: .*e\.csv: readCsv: line 1, column 1 is "x"/);
  });

  it('refuses a file of another size than that of the name', async () => {
    const root = files('other', { 'yacht/data/data.txt': '1 2 3 4 5 6 7\n' });
    await expect(loadUci('yacht', { root })).rejects.toThrow(
      'has 1 rows and 6 features, expected the 308 and 6 of yacht',
    );
  });

  it('says where to get what is not there', async () => {
    await expect(loadUci('boston')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(loadUci('boston', { root: folder })).rejects.toThrow(
      /loadUci: boston is not in .*expected uci-small\/bostonHousing\/data\/data\.txt \(https:.*data\.txt, SHA-256 baadf7.*\): put it there, or say download: true/,
    );
    await expect(loadUci('nonesuch')).rejects.toThrow('"nonesuch" is none of boston, concrete, energy');
    await expect(loadUci('yacht', { root: join(folder, 'nowhere') })).rejects.toThrow(
      'expected a folder that is there',
    );
    for (const name of ['', '../yacht', 'a/b', 7])
      await expect(loadUci(name as never)).rejects.toThrow('loadUci: name is');
    for (const root of [undefined, folder]) {
      await expect(loadUci('yacht', { root, format: 'xls' } as never)).rejects.toThrow('format is "xls"');
    }
    await expect(loadUci('yacht', { path: folder } as never)).rejects.toThrow('option path is unknown');
  });

  it('downloads into a cache once, checks what comes, and is offline from then on', async () => {
    const served: string[] = [];
    const server = createServer((request, response) => {
      served.push(request.url!);
      const body = { '/toy/data.csv.gz': gzipSync('1,2\n3,4\n'), '/toy/test_mask.csv.gz': gzipSync('1\n0\n') }[
        request.url!
      ];
      if (body) response.end(body);
      else if (request.url === '/yacht/data/data.txt') response.end('1 2 3\n');
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const mirror = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const cache = join(folder, 'cache');
    try {
      const seen: string[] = [];
      const data = await loadUci('toy', { download: { cache, mirror }, onProgress: ({ url }) => seen.push(url) });
      expect([...data.inputs.data]).toEqual([1, 3]);
      expect(data.splits.length).toBe(1);
      expect(data.findings.map(({ code }) => code)).toEqual(['unknown-checksum', 'unknown-checksum']);
      expect(seen).toContain(`${mirror}/toy/data.csv.gz`);
      expect(served.length).toBe(2);
      await loadUci('toy', { download: { cache, mirror } });
      expect(served.length).toBe(2);
      writeFileSync(join(cache, 'uci-large/toy/data.csv.gz'), gzipSync('1,2\n3,5\n'));
      await expect(loadUci('toy', { download: { cache, mirror } })).rejects.toThrow('as when it was downloaded');
      await expect(loadUci('yacht', { download: { cache, mirror } })).rejects.toMatchObject({ code: 'CHECKSUM' });
      await expect(loadUci('other', { download: { cache, mirror } })).rejects.toThrow(
        `download: ${mirror}/other/data.csv.gz: the server answered 404`,
      );
    } finally {
      server.close();
    }
  });

  it.skipIf(!sharedIsThere)('reads what a download brings, whose splits it knows', async () => {
    const cache = join(folder, 'small');
    const table = join(cache, 'uci-small/bostonHousing/data');
    mkdirSync(table, { recursive: true });
    cpSync(sharedPath('data/uci-small/bostonHousing/data/data.txt'), join(table, 'data.txt'));
    const cached = await loadUci('boston', { download: { cache, mirror: 'http://127.0.0.1:1' } });
    const { splits } = await loadUci('boston', { root: sharedPath('data') });
    expect(cached.splits).toEqual(splits);
    expect(readFileSync(join(table, 'data.txt')).length).toBeGreaterThan(0);
  });
});

describe.skipIf(!sharedIsThere)('the files that people have', () => {
  const root = sharedPath('data');

  it('archive files are the tables of the fixed splits, up to their rounding', async () => {
    for (const name of ['boston', 'concrete', 'energy']) {
      const raw = await loadUci(name, { root, format: 'raw' });
      const fixed = await loadUci(name, { root });
      expect(
        raw.inputs.data.every((x, i) => Math.abs(x - fixed.inputs.data[i]) <= 0.051),
        name,
      ).toBe(true);
      expect(
        raw.targets.data.every((y, i) => Math.abs(y - fixed.targets.data[i]) <= 0.0051),
        name,
      ).toBe(true);
    }
    expect((await loadUci('energy', { root, format: 'raw' })).findings).toMatchObject([
      { code: 'blank-rows', problem: '528 rows of the file are blank' },
    ]);
  });

  it('naval has its two constant features, but not as the paper has it', async () => {
    const naval = await loadUci('naval', { root });
    expect(naval.findings).toMatchObject([{ problem: 'features 8, 11 are constant' }]);
    const paper = await loadUci('naval', { root, paperCompat: true });
    expect(paper.inputs.shape).toEqual([11934, 14]);
    expect(paper.findings).toEqual([]);
    expect([...paper.inputs.data.slice(7, 10)]).toEqual([
      naval.inputs.data[7],
      naval.inputs.data[9],
      naval.inputs.data[10],
    ]);
  });
});

describeGolden('uci-data.json', (golden) => {
  it.each(['elevators', 'pol', 'wilson_yacht'])('reads %s.mat, without its junk object', async (name) => {
    const entry = golden.matlabFiles[name.replace('wilson_', '')];
    const { inputs, targets, findings, splits } = await loadUci(name, { root: sharedPath('data'), format: 'mat' });
    expect([inputs.shape[0], inputs.shape[1] + 1]).toEqual(entry.shape);
    expect(findings[0].code).toBe('variables-left-out');
    expect(splits.length).toBe(10);
    const sum = [...inputs.data].reduce((a, b) => a + b, 0) + [...targets.data].reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - entry.sum)).toBeLessThan(1e-9 * Math.abs(entry.sum) + 1e-6);
    expect([...inputs.data.slice(0, inputs.shape[1])]).toEqual(entry.firstRow.slice(0, -1));
  });

  it.each(['bostonHousing', 'yacht', 'energy', 'naval-propulsion-plant', 'elevators'])(
    'reads %s as NumPy does',
    async (folder) => {
      const entry = golden.datasets[folder];
      const name = { bostonHousing: 'boston', 'naval-propulsion-plant': 'naval' }[folder] ?? folder;
      const { inputs, targets } = await loadUci(name, { root: sharedPath('data') });
      expect(inputs.shape).toEqual([entry.N, entry.D]);
      expect([...targets.data.slice(0, 5)]).toEqual(entry.target.first5);
      const mean = targets.data.reduce((sum, y) => sum + y, 0) / entry.N;
      expect(Math.abs(mean - entry.target.mean)).toBeLessThan(1e-9);
    },
  );
});
