import { type Bar, MultiBar, Presets } from 'cli-progress';
import type { StudyProgress } from './part.ts';

/** Shows how far a study has come: on a terminal a bar for each stage under way, and a line for each that is done; elsewhere plain lines. */
export interface ProgressDisplay {
  update(progress: StudyProgress): void;
  /** Leaves the terminal as it was found. */
  stop(): void;
}

export function progressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY && process.env.TERM !== 'dumb' ? bars(stream) : lines(stream);
}

function bars(stream: NodeJS.WriteStream): ProgressDisplay {
  const display = new MultiBar(
    {
      stream,
      format: '{stage} {bar} {percentage} % · {left}',
      hideCursor: true,
      // Signals are the program's, which stops the display when it has saved.
      gracefulExit: false,
      clearOnComplete: false,
      barsize: 30,
    },
    Presets.shades_classic,
  );
  const shown = new Map<string, Bar>();
  const stop = () => display.stop();
  process.once('exit', stop);
  return {
    update({ stage, done, of, secondsLeft, note }) {
      const bar = shown.get(stage);
      if (done === of) {
        if (bar) display.remove(bar);
        shown.delete(stage);
        display.log(`${[stage.padEnd(36), 'done', note].filter(Boolean).join(' · ')}\n`);
        return;
      }
      const left = secondsLeft > 0 ? `${Math.ceil(secondsLeft)} s left` : '';
      const payload = { stage: stage.padEnd(36), left: [left, note].filter(Boolean).join(' · ') };
      if (bar) bar.update(done, payload);
      else shown.set(stage, display.create(of, done, payload));
    },
    stop() {
      process.off('exit', stop);
      stop();
    },
  };
}

/** Seconds between two lines of a stage. */
const QUIET = 2;

function lines(stream: NodeJS.WriteStream): ProgressDisplay {
  const lastLine = new Map<string, number>();
  return {
    update({ stage, done, of, secondsLeft, note }) {
      const now = performance.now() / 1000;
      if (done < of && now - (lastLine.get(stage) ?? Number.NEGATIVE_INFINITY) < QUIET) return;
      lastLine.set(stage, now);
      const left = done < of && secondsLeft > 0 ? `${Math.ceil(secondsLeft)} s left` : '';
      stream.write(`${[`${stage}: ${done}/${of}`, left, note].filter(Boolean).join(', ')}\n`);
    },
    stop() {},
  };
}
