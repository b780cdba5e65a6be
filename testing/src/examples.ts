import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

/**
 * Runs every `ts` block of a package's README, and of the doc comments of its sources, each as a module of its own.
 *
 * A block whose first line is `// name.worker.mjs` is the file of a worker: it lies beside the others, one of which has to start it.
 *
 * A block that trains has `const seed = 1;`, says how noisy its data are (`const noise`) and how well it did (`const quality`). It is run for three seeds.
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
      // A folder each, so that no two workers' files are one.
      const place = join(folder, relative(root, file).replace(/[^a-z0-9]+/gi, '-'));
      mkdirSync(place, { recursive: true });
      const codes = blocks(readFileSync(file, 'utf8'));
      for (const [i, code] of codes.entries()) {
        const title = `${relative(root, file)} #${i + 1}`;
        const worker = /^\/\/ (\S+\.worker)\.mjs\n/.exec(code)?.[1];
        const path = join(place, `${worker ?? i + 1}.ts`);
        writeFileSync(path, `${code}\nexport {};\n`);
        if (worker) {
          writeFileSync(join(place, `${worker}.mjs`), workerFromSource(worker));
          it(`${title} is started by another`, () => expect(codes.join('\n')).toContain(`new URL('./${worker}.mjs'`));
        } else if (/\bawait fit\(/.test(code)) trainsWell(title, code, path);
        else it(title, () => import(/* @vite-ignore */ pathToFileURL(path).href));
      }
    }
  });
}

/** What an example that trains says of itself. */
interface Trained {
  /** The standard deviation of its data's noise. */
  readonly noise: number;
  readonly quality: {
    /** Of `diagnose`. */
    readonly findings: readonly unknown[];
    /** Of the worst coordinate. */
    readonly rHat: number;
    /** Of points that it has not seen, as the coverage of the 95 % interval. */
    readonly rmse: number;
    readonly coverage: number;
  };
}

/** The example reaches what its data allow, and not by the luck of a seed. */
function trainsWell(title: string, code: string, path: string): void {
  it.each([1, 2, 3])(`${title}, seed %i`, async (seed) => {
    expect(code).toContain('\nconst seed = 1;\n');
    const seeded = path.replace(/ts$/, `seed-${seed}.ts`);
    writeFileSync(seeded, `${code.replace('const seed = 1;', `const seed = ${seed};`)}\nexport { noise, quality };\n`);
    const { noise, quality }: Trained = await import(/* @vite-ignore */ pathToFileURL(seeded).href);
    expect(quality.findings).toEqual([]);
    expect(quality.rHat).toBeLessThan(1.05);
    expect(quality.rmse).toBeLessThan(1.2 * noise);
    expect(quality.coverage).toBeGreaterThanOrEqual(0.9);
    expect(quality.coverage).toBeLessThanOrEqual(0.99);
  });
}

/** Runs `<name>.ts` beside it in one of Node's worker threads, with the packages from their sources, as vitest has them. */
function workerFromSource(name: string): string {
  return `import * as nodeModule from 'node:module';
import { register } from 'tsx/esm/api';

const resolve = (specifier, context, next) =>
  next(specifier, { ...context, conditions: ['@subspace/source', ...context.conditions] });
nodeModule.register(\`data:text/javascript,export const resolve = \${encodeURIComponent(resolve)}\`);
register();
await import('./${name}.ts');
`;
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
