import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/**
 * A text against the file that is committed. Where they differ, the text lies beside the file as `<name>-changed.<ending>`, and the test fails with its path; where
 * there is no file, the same. To accept what has changed, put it in the file's place.
 */
export function expectSnapshot(path: string, text: string): void {
  const changed = path.replace(/(\.\w+)$/, '-changed$1');
  if (existsSync(path) && readFileSync(path, 'utf8') === text) {
    rmSync(changed, { force: true });
    return;
  }
  writeFileSync(changed, text);
  expect.fail(`${path} is not what is made now: look at ${changed}, and move it there if it is better`);
}
