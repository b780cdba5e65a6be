import { afterEach, beforeEach, vi } from 'vitest';

/** Lets each test of a file see what is said once in a process, on a topic, in `console.warn`. */
export function watchWarnings(topic: string): void {
  const said = Symbol.for(`@subspace/dense: ${topic}`);
  beforeEach(() => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.restoreAllMocks();
    delete (globalThis as { [said]?: true })[said];
  });
}
