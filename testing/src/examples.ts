import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, it } from 'vitest';

/**
 * Runs every `ts` block of a package's README, and of the doc comments of its sources, each as a module of its own.
 *
 * @param testUrl `import.meta.url` of a test in `<package>/test/`
 * @param readme the README's path, if it is not the package's own
 */
export function describeExamples(testUrl: string, readme?: string): void {
  const root = dirname(dirname(fileURLToPath(testUrl)));
  const folder = join(root, 'test', '.readme');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });

  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => join(root, 'src', name));
  describe('examples run', () => {
    for (const file of [readme ?? join(root, 'README.md'), ...sources]) {
      blocks(readFileSync(file, 'utf8')).forEach((code, i) => {
        const title = `${relative(root, file)} #${i + 1}`;
        const path = join(folder, `${title.replace(/[^a-z0-9]+/gi, '-')}.ts`);
        writeFileSync(path, `${code}\nexport {};\n`);
        it(title, () => import(/* @vite-ignore */ pathToFileURL(path).href));
      });
    }
  });
}

/** The `ts` blocks of a text, with the stars of doc comments taken off. */
function blocks(text: string): string[] {
  const found: string[] = [];
  for (const match of text.matchAll(/^([ \t]*\*? ?)```ts\n([\s\S]*?)^[ \t]*\*? ?```/gm)) {
    found.push(
      match[2]
        .split('\n')
        .map((line) => (match[1].includes('*') ? line.replace(/^[ \t]*\* ?/, '') : line))
        .join('\n'),
    );
  }
  return found;
}
