/** Draws of an approximation that are being evaluated. */
export interface DrawsProgress {
  /** Draws evaluated. */
  readonly done: number;
  readonly of: number;
  readonly secondsLeft: number;
}

/** Reports about ten times a second, and at the end; from now on. */
export function drawsReporter(
  of: number,
  onProgress: ((progress: DrawsProgress) => void) | undefined,
): ((done: number) => void) | undefined {
  if (!onProgress) return undefined;
  const started = performance.now();
  let last = started;
  return (done) => {
    const now = performance.now();
    if (done < of && now - last < 100) return;
    last = now;
    onProgress({ done, of, secondsLeft: ((of - done) / done) * ((now - started) / 1000) });
  };
}
