import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { progressDisplay } from '../src/progress.ts';

afterEach(() => vi.unstubAllEnvs());

/** What a terminal is sent. */
function shown(term: string, end: (stop: () => void) => void): string {
  vi.stubEnv('TERM', term);
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let text = '';
  stream.on('data', (bytes) => {
    text += bytes;
  });
  const display = progressDisplay(stream as unknown as NodeJS.WriteStream);
  display.update({ stage: 'Train', done: 1, of: 2, secondsLeft: 1 });
  end(display.stop);
  return text;
}

const [hide, show] = ['\u001B[?25l', '\u001B[?25h'];

it('gives the cursor back, also where the process ends without a stop', () => {
  const others = new Set(process.listeners('exit'));
  for (const text of [
    shown('xterm', (stop) => stop()),
    shown('xterm', () => {
      for (const listener of process.listeners('exit')) if (!others.has(listener)) listener(0);
    }),
  ]) {
    expect(text).toContain(hide);
    expect(text.lastIndexOf(show)).toBeGreaterThan(text.lastIndexOf(hide));
  }
});

it('writes plain lines where a terminal is dumb', () => {
  const text = shown('dumb', (stop) => stop());
  expect(text).toBe('Train: 1/2, 1 s left\n');
});
