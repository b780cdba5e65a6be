import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');
const packages = readdirSync(join(root, 'packages')).filter((name) =>
  existsSync(join(root, 'packages', name, 'package.json')),
);
const manifest = (name: string) => JSON.parse(read('packages', name, 'package.json'));

/** What a room may import beyond `@subspace/core`: third parties, and for the few that say so other rooms. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: ['seedrandom'],
  datasets: ['csv-parse', '@e965/xlsx'],
  tfjs: ['@tensorflow/*'],
  laplace: ['ml-matrix'],
  models: ['@tensorflow/*'],
  uci: ['@subspace/datasets', 'libsql'],
  plots: ['@observablehq/plot', '@resvg/resvg-js', 'dejavu-fonts-ttf', 'linkedom'],
};

/** The sources of a package, without comments: their examples are what a user would write. */
function sources(name: string): readonly { readonly path: string; readonly code: string }[] {
  const folder = join(root, 'packages', name, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => ({ path, code: readFileSync(join(folder, path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '') }));
}

/** Lines of a package's code that a rule speaks of, each behind its file. */
function lines(name: string, rule: RegExp): string[] {
  return sources(name).flatMap(({ path, code }) =>
    code
      .split('\n')
      .filter((line) => rule.test(line.replace(/(^|\s)\/\/ .*$/, '')))
      .map((line) => `${path}: ${line.trim()}`),
  );
}

/** Modules that a package's sources import by name. */
function imported(name: string): string[] {
  const found = new Set<string>();
  for (const { code } of sources(name)) {
    for (const [, target] of code.matchAll(
      /(?:^import|\} from|^import \S+ from|^import \* as \S+ from|\bimport\()\s*'([^'.#\s][^'\s]*)'/gm,
    )) {
      if (!target.startsWith('node:'))
        found.add(
          target
            .split('/')
            .slice(0, target.startsWith('@') ? 2 : 1)
            .join('/'),
        );
    }
  }
  return [...found].sort();
}

/** Packages that compute what is said of a run, and nothing that enters one. */
const afterwards = ['metrics', 'diagnostics', 'plots'];

describe.each(packages)('packages/%s', (name) => {
  it('never asks for a class, because arrays and errors may come from another realm or another copy of the package', () => {
    expect(lines(name, /\binstanceof\b/)).toEqual([]);
  });

  it.skipIf(afterwards.includes(name))(
    'takes powers of literals only: ** rounds otherwise from one Node to the next',
    () => {
      expect(lines(name, /(?<!\b\d+ )\*\*|\bMath\.pow\b/)).toEqual([]);
    },
  );

  it('imports core and what its room may, nothing else', () => {
    const fits = (target: string) =>
      (name !== 'core' && target === '@subspace/core') ||
      (allowed[name] ?? []).some((rule) =>
        rule.endsWith('*') ? target.startsWith(rule.slice(0, -1)) : target === rule,
      );
    expect(imported(name)).toContain(name === 'core' ? 'seedrandom' : '@subspace/core');
    expect(imported(name).filter((target) => !fits(target))).toEqual([]);
  });

  it('has the licence in its folder, where plain `npm pack` looks for it', () => {
    expect(read('packages', name, 'LICENSE')).toBe(read('LICENSE'));
    expect(manifest(name).license).toBe('Apache-2.0');
  });

  it('depends on other packages of ours as its room may', () => {
    const { dependencies = {} } = manifest(name);
    const ours = Object.keys(dependencies).filter((target) => target.startsWith('@subspace/'));
    const others = (allowed[name] ?? []).filter((target) => target.startsWith('@subspace/'));
    expect(ours).toEqual(name === 'core' ? [] : ['@subspace/core', ...others]);
    for (const target of ours) expect(dependencies[target]).toBe('workspace:^');
  });

  it('has the one shape of all packages', () => {
    const { scripts, license, type, sideEffects, engines, files, exports } = manifest(name);
    const model = manifest('core');
    expect({ scripts, license, type, sideEffects, engines }).toEqual({
      scripts: model.scripts,
      license: 'Apache-2.0',
      type: 'module',
      sideEffects: false,
      engines: { node: '>=20' },
    });
    expect(files).toEqual(expect.arrayContaining(['dist', 'src', 'CHANGELOG.md']));
    expect(Object.keys(exports['.'])).toEqual(Object.keys(model.exports['.']));
    for (const file of [
      'README.md',
      'tsup.config.ts',
      'tsconfig.json',
      'vitest.config.ts',
      'src/index.ts',
      'test/examples.test.ts',
    ]) {
      expect(existsSync(join(root, 'packages', name, file)), file).toBe(true);
    }
    expect(read('packages', name, 'vitest.config.ts')).toBe(read('packages', 'core', 'vitest.config.ts'));
  });

  it('has an index of explicit named exports only', () => {
    const statements = read('packages', name, 'src', 'index.ts')
      .split(/;\s*/)
      .filter((statement) => statement.trim());
    for (const statement of statements)
      expect(statement.trim()).toMatch(/^export (type )?\{[^*]*\} from '(\.\/|@subspace\/core(\/internals)?')/);
  });

  it('has a README that installs what its examples import', () => {
    const readme = read('packages', name, 'README.md');
    const installed = [...readme.matchAll(/^npm install ([^#\n]+)/gm)].flatMap(([, names]) =>
      names.trim().split(/\s+/),
    );
    const examples = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => code).join('\n');
    const packagesOfExamples = [...examples.matchAll(/(?:from |^import |import\()'([^'.][^']*)'/gm)]
      .map(([, target]) => target.split('/').slice(0, target.startsWith('@') ? 2 : 1))
      .map((parts) => parts.join('/'))
      .filter((target) => !target.startsWith('node:'));
    expect(packagesOfExamples).toContain(`@subspace/${name}`);
    expect(installed).toEqual(expect.arrayContaining(packagesOfExamples));
  });

  it('has a size budget as soon as it exports a value', () => {
    const budgets: readonly { readonly name: string }[] = JSON.parse(read('.size-limit.json'));
    if (!/^export \{/m.test(read('packages', name, 'src', 'index.ts'))) return;
    expect(budgets.map((budget) => budget.name)).toContain(`@subspace/${name}`);
  });

  it('has no file whose name says nothing', () => {
    const sources = readdirSync(join(root, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' });
    const vague = sources.filter((path) => /(^|\/)(utils?|helpers?|common|misc|types)(\.ts|\/|$)/.test(path));
    expect(vague.map((path) => relative(root, path))).toEqual([]);
  });
});

describe('core', () => {
  it('has rooms whose arrows run one way: no room is asked by one that it asks itself', () => {
    const folder = join(root, 'packages', 'core', 'src');
    const asks = new Map<string, Set<string>>();
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const room = dirname(file);
      if (!file.endsWith('.ts') || room === '.') continue;
      const targets = asks.get(room) ?? asks.set(room, new Set()).get(room)!;
      for (const [, target] of readFileSync(join(folder, file), 'utf8').matchAll(/from '\.\.\/([a-z-]+)\//g)) {
        if (target !== room) targets.add(target);
      }
    }
    // Kahn: rooms that ask nobody any more are taken away until none is left, or those of a circle.
    for (let size = -1; size !== asks.size; ) {
      size = asks.size;
      for (const [room, targets] of asks) if (![...targets].some((target) => asks.has(target))) asks.delete(room);
    }
    expect(Object.fromEntries([...asks].map(([room, targets]) => [room, [...targets]]))).toEqual({});
  });

  it('keeps what only packages need behind its own door', () => {
    const users = read('packages', 'core', 'src', 'index.ts');
    const packagesOnly = [
      ...read('packages', 'core', 'src', 'internals.ts').matchAll(/\b(\w+)\b(?=[^{}]*\} from)/g),
    ].map(([name]) => name);
    expect(packagesOnly).toContain('argumentError');
    const both = packagesOnly.filter(
      (name) => name !== 'type' && new RegExp(`\\b${name}\\b[^{}]*\\} from`).test(users),
    );
    expect(both).toEqual([]);
  });
});
