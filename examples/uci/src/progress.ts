import type { SweepProgress } from './sweep.ts';

/** Milliseconds between two lines where there is no terminal. */
const QUIET = 5000;

/** On a terminal one line a worker and an overall one, rewritten in place; elsewhere the overall one, now and then. */
export function progressLines(stream: NodeJS.WriteStream): (progress: SweepProgress) => void {
  const isTerminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  let written = 0;
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    const ended = progress.done === progress.of;
    if (!ended && now - last < (isTerminal ? 100 : QUIET)) return;
    last = now;
    const workers = progress.running.map(
      ({ name, share }) => `  ${name}: ${Math.floor(100 * share)} % of the training`,
    );
    const lines = isTerminal ? [...workers, overall(progress)] : [overall(progress)];
    // Up to where the last block began, and all below it away.
    if (isTerminal && written > 0) stream.write(`\x1b[${written}A\x1b[J`);
    stream.write(`${lines.join('\n')}\n`);
    written = lines.length;
  };
}

function overall({ done, of, secondsLeft }: SweepProgress): string {
  const width = 30;
  const filled = of === 0 ? width : Math.floor((width * done) / of);
  const left =
    done === of
      ? 'done'
      : Number.isFinite(secondsLeft)
        ? `${Math.ceil(secondsLeft)} s left`
        : 'time left not known yet';
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${done} of ${of} splits, ${left}`;
}
