import fc from 'fast-check';
import { afterEach, expect } from 'vitest';

// Properties without a seed of their own have the same cases in every run, and new ones where this is set (fast-check prints the seed of a failure).
if (process.env.SUBSPACE_SUITE !== 'statistics') fc.configureGlobal({ seed: 1 });

// Any console output of a library under test is a failure: libraries return, throw or call back; they do not print.
const printed: string[] = [];
for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
  const original = console[method];
  console[method] = (...values: unknown[]) => {
    printed.push(`console.${method}: ${values.map(String).join(' ').slice(0, 300)}`);
    original(...values);
  };
}

afterEach(() => {
  expect(printed.splice(0), 'nothing is printed to the console').toEqual([]);
});
