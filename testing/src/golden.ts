import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** The folder of reference values and real data beside the project; it is not part of the product. */
export const sharedFolder: string = join(dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), 'shared');
export const sharedIsThere: boolean = existsSync(sharedFolder);

/** A path in the shared folder. */
export function sharedPath(...parts: string[]): string {
  return join(sharedFolder, ...parts);
}

/**
 * Tests against a golden file. They skip, visibly, where the shared folder is absent; where it is there, a missing file is a failure.
 */
// biome-ignore lint/suspicious/noExplicitAny: golden files are plain JSON of many shapes
export function describeGolden(file: string, tests: (golden: any) => void): void {
  if (!sharedIsThere) {
    describe.skip(`golden ${file} (no shared folder beside the project)`, () => tests(undefined));
    return;
  }
  describe(`golden ${file}`, () => tests(readGolden(file)));
}

/** A golden file, with "NaN", "Infinity" and "-Infinity" as numbers. */
// biome-ignore lint/suspicious/noExplicitAny: golden files are plain JSON of many shapes
export function readGolden(file: string): any {
  return JSON.parse(readFileSync(sharedPath('golden', file), 'utf8'), (_, value) =>
    value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value,
  );
}
