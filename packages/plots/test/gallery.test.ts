import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as plots from '@subspace/plots';
import { describe, expect, it } from 'vitest';
import { expectSnapshot } from './snapshot.ts';

const folder = fileURLToPath(new URL('../gallery', import.meta.url));
const files = readdirSync(folder).sort();
const examples = files.filter((name) => name.endsWith('.ts')).map((name) => name.slice(0, -3));
/** `loss-plane-figure.ts` shows `lossPlaneFigure`. */
const shown = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

describe('the gallery', () => {
  it('has an example of every figure, and no picture without one', () => {
    expect(examples.map(shown).sort()).toEqual(Object.keys(plots).sort());
    expect(files.filter((name) => /(?<!-changed)\.svg$/.test(name))).toEqual(examples.map((name) => `${name}.svg`));
  });

  it.each(examples)('has the picture of %s', async (name) => {
    const { svg } = await import(/* @vite-ignore */ pathToFileURL(join(folder, `${name}.ts`)).href);
    expectSnapshot(join(folder, `${name}.svg`), `${svg}\n`);
  });

  it('has a page of them all', () => {
    const sections = examples.map((name) => {
      const source = readFileSync(join(folder, `${name}.ts`), 'utf8');
      const [, caption, code] = /^\/\*\* (.*) \*\/\n([\s\S]*)$/.exec(source)!;
      return [
        `## ${shown(name)}`,
        caption,
        `![${caption}](${name}.svg)`,
        `<details><summary>The code</summary>\n\n\`\`\`ts\n${code.replace('export const svg', 'const svg').trim()}\n\`\`\`\n\n</details>`,
      ].join('\n\n');
    });
    const head = '# Gallery\n\nEvery figure of `@subspace/plots`, and the code that makes it.';
    expectSnapshot(join(folder, 'README.md'), `${[head, ...sections].join('\n\n')}\n`);
  });
});
