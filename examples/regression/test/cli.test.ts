import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { belongs, sharedIsThere, sharedPath } from '@subspace-internal/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const folder = mkdtempSync(join(tmpdir(), 'subspace-regression-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the example as `npm start -- …` does; `onOutput` sees what it writes as it comes. */
function start(args: string[], onOutput?: (text: string, interrupt: () => void) => void) {
  return new Promise<{ code: number | null; output: string }>((resolve) => {
    const child = spawn(
      process.execPath,
      ['--conditions=@subspace/source', '--import', tsx, join(root, 'src/main.ts'), ...args],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    let interrupted = false;
    // A second Ctrl-C would not wait for anything to be saved.
    const interrupt = () => {
      if (!interrupted) child.kill('SIGINT');
      interrupted = true;
    };
    const take = (bytes: Buffer) => {
      output += bytes;
      onOutput?.(output, interrupt);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Cases of `npm test`, and those that it has no time for. */
const none = Object.assign(() => {}, { skipIf: () => () => {} }) as unknown as typeof it;
const quick = belongs(true) ? it : none;
const slow = belongs(false) ? it : none;

describe('npm start', () => {
  slow.skipIf(!sharedIsThere)('draws the authors’ weights from their files', async () => {
    const { code, output } = await start([
      '--quick',
      '--only=sgd,ess',
      '--checkpoints',
      sharedPath('data', 'synthetic-regression'),
      '--out',
      'authors',
    ]);
    expect(code, output).toBe(0);
    expect(output).toContain('trained with PyTorch');
    for (const name of ['bands', 'posterior-pca-ess', 'posterior-plane-ess', 'trace-plane-ess'])
      expect(readFileSync(join(folder, 'authors', `${name}.svg`), 'utf8')).toMatch(/^<svg/);
    expect(readFileSync(join(folder, 'authors', 'index.html'), 'utf8')).toContain('plane: σ = 1, T = 0.75');
  });

  slow('says that --checkpoints goes with neither data nor epochs of one’s own', async () => {
    for (const [option, value] of [
      ['--data', 'points.csv'],
      ['--epochs', '60'],
    ]) {
      const { code, output } = await start(['--checkpoints', 'weights', option, value]);
      expect([code, output]).toEqual([
        2,
        expect.stringContaining(`--checkpoints: is given with ${option}, expected one of them`),
      ]);
    }
  });

  quick('writes a page, figures as SVG and PNG, and a table', async () => {
    const { code, output } = await start([
      '--quick',
      '--epochs',
      '60',
      '--only',
      'sgd,swag,curve,ess',
      '--out',
      'quick',
    ]);
    expect(output).toContain('Engine: dense wasm-');
    expect(code, output).toBe(0);
    for (const word of [
      'SGD',
      'SWA',
      'SWAG 1 (scale 10)',
      'Random subspace + ESS',
      'PCA subspace + ESS',
      'Tunnel + ESS',
      'outside',
      'R̂',
      'bulk',
    ]) {
      expect(output).toContain(word);
    }
    const svg = (name: string) => readFileSync(join(folder, 'quick', `${name}.svg`), 'utf8');
    for (const name of [
      'posterior-pca-ess',
      'posterior-plane-ess',
      'trace-random-ess',
      'curve-losses',
      'curve-plane',
    ]) {
      expect(svg(name)).toMatch(/^<svg/);
    }
    for (const name of ['bands', 'bands-with-noise', 'bands-sgd', 'bands-tunnel']) {
      expect(svg(name)).toMatch(/^<svg/);
      expect(
        readFileSync(join(folder, 'quick', `${name}.png`))
          .subarray(1, 4)
          .toString(),
      ).toBe('PNG');
    }
    const page = readFileSync(join(folder, 'quick', 'index.html'), 'utf8');
    expect(page.match(/<tr>/g)).toHaveLength(11);
    expect(page.match(/<strong class="(un)?seen">/g)!.length).toBe(page.match(/<figure>/g)!.length - 1);
    expect(readdirSync(join(folder, 'quick')).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  slow('runs on TensorFlow.js with --engine=tfjs', async () => {
    const { code, output } = await start([
      '--quick',
      '--epochs',
      '40',
      '--engine=tfjs',
      '--only=sgd,pca-ess',
      '--out',
      'tfjs',
    ]);
    expect(output).toContain('Engine: TensorFlow.js on ');
    expect(code, output).toBe(0);
    expect(readFileSync(join(folder, 'tfjs', 'index.html'), 'utf8')).toContain('Engine: TensorFlow.js on ');
  });

  /** A run of points of one's own: the picture. */
  const ownPoints = async (out: string) => {
    const rows = Array.from({ length: 60 }, (_, i) => `${(i % 20) / 4 - (i < 30 ? 6 : 0)},${Math.sin(i / 5)}`);
    writeFileSync(join(folder, 'points.csv'), `x,y\n${rows.join('\n')}\n`);
    const own = ['--only', 'pca-ess', '--seed', 'words', '--data', 'points.csv', '--out', out];
    const { code, output } = await start(['--quick', '--epochs', '40', ...own]);
    expect(code, output).toBe(0);
    expect(output).toContain('PCA subspace + ESS');
    return readFileSync(join(folder, out, 'bands.svg'), 'utf8');
  };

  quick('takes a .csv of x and y', async () => {
    expect(await ownPoints('own')).toMatch(/^<svg/);
  });

  slow('says the same twice for the same seed', async () => {
    expect(await ownPoints('one')).toBe(await ownPoints('two'));
  });

  slow.skipIf(!sharedIsThere)('takes the authors’ own .npy file', async () => {
    const data = sharedPath('data', 'synthetic-regression', 'data.npy');
    const { code, output } = await start([
      '--quick',
      '--epochs',
      '40',
      '--only=pca-ess',
      '--data',
      data,
      '--out',
      'authors',
    ]);
    expect(code, output).toBe(0);
    expect(readFileSync(join(folder, 'authors', 'index.html'), 'utf8')).toContain('data.npy (400 points)');
  });

  slow('goes on with --resume after Ctrl-C, in training and in sampling, and draws the same picture', async () => {
    const run = (out: string, ...more: string[]) => ['--quick', '--epochs', '120', '--only=pca', '--out', out, ...more];
    const stopAt = async (stage: string, ...more: string[]) => {
      const { code, output } = await start(run('broken', ...more), (text, interrupt) => {
        if (text.includes(stage)) interrupt();
      });
      expect(output).toContain('Go on with --resume');
      expect(code, output).toBe(130);
    };
    const whole = await start(run('whole'));
    expect(whole.code, whole.output).toBe(0);
    await stopAt('Train SWAG 1: ');
    await stopAt('PCA subspace + ESS: ', '--resume');
    await stopAt('PCA subspace + RealNVP: ', '--resume');
    const other = await start(run('broken', '--resume', '--seed', '2'));
    expect(other.output).toContain('expected the same to resume');
    expect(other.code, other.output).toBe(2);
    const otherEngine = await start(run('broken', '--resume', '--engine=tfjs', '--backend=cpu'));
    expect(otherEngine.output).toMatch(
      /study: engine is "TensorFlow.js on cpu.*", but the checkpoint was made with "dense wasm-/,
    );
    expect(otherEngine.code, otherEngine.output).toBe(2);
    const resumed = await start(run('broken', '--resume'));
    expect(resumed.code, resumed.output).toBe(0);
    const names = ['bands', 'posterior-pca-ess', 'trace-pca-ess', 'posterior-pca-realnvp'];
    for (const name of names) {
      const picture = (out: string) => readFileSync(join(folder, out, `${name}.svg`), 'utf8');
      expect(picture('broken') === picture('whole'), name).toBe(true);
    }
  });

  slow('stops at Ctrl-C with exit code 130, while training and while sampling', async () => {
    for (const [stage, epochs] of [
      ['Train SGD 1: ', '100000'],
      ['Random subspace + ESS: ', '60'],
    ]) {
      const args = ['--epochs', epochs, '--out', 'stopped'];
      const { code, output } = await start(args, (text, interrupt) => {
        if (text.includes(stage)) interrupt();
      });
      expect(output).toContain('Stopped.');
      expect(code, output).toBe(130);
    }
    // What --resume needs, and no half of a page.
    expect(readdirSync(join(folder, 'stopped'))).toEqual(['checkpoint']);
  });

  beforeAll(() => {
    writeFileSync(join(folder, 'bad.csv'), 'x,y\n1,2\n3,four\n');
    writeFileSync(join(folder, 'open.csv'), 'x,y\n1,"2\n3,4\n');
    writeFileSync(join(folder, 'short.csv'), '1,2\n3,4\n');
    writeFileSync(join(folder, 'junk.npy'), 'not an array');
  });
  for (const [what, when, cases] of [
    [
      'bad input',
      quick,
      [
        [['--data', 'bad.csv'], 2, '--data: bad.csv has "four" in line 3 for y, expected a finite number'],
        [['--colour'], 1, "unknown option '--colour'"],
      ],
    ],
    [
      'more of it',
      slow,
      [
        [['--data', 'missing.csv'], 2, "--data: missing.csv can't be read"],
        [['--data', 'open.csv'], 2, '--data: open.csv has a quote that is not closed'],
        [['--out', 'short.csv/there'], 1, '--out: ENOTDIR'],
        [['--data', 'short.csv'], 2, '--data: short.csv has 2 rows, expected at least 10'],
        [['--data', 'junk.npy'], 2, 'readNpy: '],
        [['--engine', 'abacus'], 2, '--engine: is abacus, expected dense or tfjs'],
        [['--backend', 'cpu'], 2, '--backend: is cpu, expected only with --engine=tfjs'],
        [['--engine=tfjs', '--backend', 'abacus'], 2, 'useBackend: '],
        [['--epochs', 'many'], 1, 'expected an integer of at least 40'],
        [['--epochs', '3'], 1, 'expected an integer of at least 40'],
        [['--only', 'pca,pcb'], 2, '--only: has "pcb", expected '],
      ],
    ],
  ] as const) {
    when(`answers ${what} with one line and exit code 2, or 1 from the argument parser`, async () => {
      for (const [args, code, message] of cases) {
        const result = await start([...args]);
        expect(result.output).toContain(message);
        expect(result.code, result.output).toBe(code);
        expect(result.output).not.toMatch(/\n\s+at /);
      }
    });
  }
});
