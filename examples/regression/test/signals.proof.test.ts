import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const bootstrap = fileURLToPath(new URL('../../../scripts/bootstrap.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'subspace-signals-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const environment = { ...process.env, INIT_CWD: folder };

describe('npm start', () => {
  it.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('saves at %s, ends with its code, and leaves nothing running', async (signal, expected) => {
    const args = [bootstrap, 'start', '--quick', '--epochs', '100000', '--out', signal];
    const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let sent = false;
    const take = (bytes: Buffer) => {
      output += bytes;
      if (output.includes('Train SGD 1: ') && !sent) sent = child.kill(signal);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    // Closed when the last process that has the pipes is gone.
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toContain('Stopped. Go on with --resume.');
    expect(code, output).toBe(expected);
    expect(readdirSync(join(folder, signal))).toEqual(['checkpoint']);
  });

  it.skipIf(process.platform === 'win32').each([
    ['SIGTERM', 'npm alone, as by `docker stop`'],
    ['SIGTERM', 'all that it started'],
    ['SIGHUP', 'all that it started'],
  ] as const)('saves at %s sent to %s', async (signal, to) => {
    const out = join(folder, `${signal} to ${to}`);
    const args = ['start', '--', '--quick', '--epochs', '100000', '--out', out];
    const cwd = join(bootstrap, '../..');
    const child = spawn('npm', args, { cwd, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let sent = false;
    const take = (bytes: Buffer) => {
      output += bytes;
      if (!output.includes('Train SGD 1: ') || sent) return;
      sent = process.kill(to === 'all that it started' ? -child.pid! : child.pid!, signal);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    // Closed when the last process that has the pipes is gone.
    await new Promise((resolve) => child.on('close', resolve));
    expect(output).toContain('Stopped. Go on with --resume.');
    expect(readdirSync(out)).toEqual(['checkpoint']);
  });

  it.skipIf(!existsSync('/dev/full')).each([
    ['a reader that goes away', '2>&1 | head -1'],
    ['a full disk', '> /dev/full 2>&1'],
  ])('makes its page although its lines go to %s', async (_, rest) => {
    const out = rest.includes('head') ? 'head' : 'full';
    const command = `"${process.execPath}" "${bootstrap}" start --quick --epochs 40 --out ${out} ${rest}`;
    const child = spawn('bash', ['-o', 'pipefail', '-c', command], { env: environment });
    let output = '';
    child.stdout.on('data', (bytes) => {
      output += bytes;
    });
    expect(await new Promise((resolve) => child.on('close', resolve)), output).toBe(0);
    expect(readdirSync(join(folder, out))).toContain('index.html');
  });
});
