import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedBrowser, runInBrowser } from '../src/browser.ts';
import { typeErrors } from '../src/consumer-types.ts';
import { type LocalRegistry, localRegistry, packageManagerOf } from '../src/local-registry.ts';
import { type Project, project } from '../src/project.ts';
import { javaScript, readmeExamples, readmeInstalls } from '../src/readme.ts';
import { type ReleasedPackage, versionedCopy } from '../src/versioned-copy.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rooms = readdirSync(join(root, 'packages'));
// A room whose index has no values yet has nothing that a user could call: no example, no changeset, nothing to install.
const isEmpty = (room: string) =>
  !/^export \{/m.test(readFileSync(join(root, 'packages', room, 'src', 'index.ts'), 'utf8'));
const temporary = mkdtempSync(join(tmpdir(), 'subspace-release-'));
const program = (name: string) => readFileSync(new URL(`../programs/${name}`, import.meta.url), 'utf8');

let registry: LocalRegistry;
let packages: readonly ReleasedPackage[];
const contents = new Map<string, readonly string[]>();
let before: readonly string[];

beforeAll(async () => {
  before = whatVersioningChanges();
  packages = await versionedCopy(root, join(temporary, 'repository'), packageManagerOf(root));
  registry = await localRegistry(join(temporary, 'registry'), packageManagerOf(root));
  for (const released of packages) contents.set(released.name, await registry.publish(released));
  // Everything is built in here.
}, 1_200_000);

afterAll(async () => {
  await registry?.close();
  rmSync(temporary, { recursive: true, force: true });
});

describe('versions', () => {
  it('are given to every package by its changesets, each with a changelog', () => {
    for (const { name, version, changelog } of packages) {
      if (isEmpty(name.split('/')[1])) continue;
      expect(version, name).not.toBe('0.0.0');
      expect(changelog, name).toContain(`# ${name}\n`);
      expect(changelog, name).toContain(`\n## ${version}\n`);
    }
  });

  it('are rehearsed beside the checkout, which stays as it was', () => {
    expect(whatVersioningChanges()).toEqual(before);
  });
});

/** Manifests, changelogs and changesets of the checkout. */
function whatVersioningChanges(): readonly string[] {
  const files = rooms.flatMap((room) =>
    ['package.json', 'CHANGELOG.md'].map((file) => join(root, 'packages', room, file)),
  );
  return [
    ...readdirSync(join(root, '.changeset')),
    ...files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : '')),
  ];
}

describe.skipIf(!rooms.some(isEmpty))('rooms with nothing to install yet', () => {
  it.skip.each(rooms.filter(isEmpty))('@subspace/%s', () => {});
});

describe.each(rooms.filter((room) => !isEmpty(room)))('@subspace/%s, installed alone', (room) => {
  const name = `@subspace/${room}`;
  const folder = join(root, 'packages', room);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const examples = readmeExamples(readme);
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.keys(manifest.exports)
    .filter((entry) => entry !== './package.json')
    .map((entry) => name + entry.slice(1));
  let user: Project;

  beforeAll(async () => {
    user = project(join(temporary, 'users', room), registry.npmrc);
    await user.install([name]);
  });

  it('brings its built files, README and licence, and no test', () => {
    const files = contents.get(name)!;
    for (const file of [
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'dist/index.js',
      'dist/index.cjs',
      'dist/index.d.ts',
      'dist/index.d.cts',
    ]) {
      expect(files).toContain(file);
    }
    expect(files.filter((file) => /test|\.readme|node_modules|tsconfig|\.config\./.test(file))).toEqual([]);
    expect(readFileSync(join(user.folder, 'node_modules', name, 'package.json'), 'utf8')).not.toContain('workspace:');
  });

  it('runs nothing at install, and leaves optional peers alone', () => {
    expect(user.installScripts()).toEqual([]);
    for (const [peer, { optional }] of Object.entries<{ optional?: boolean }>(manifest.peerDependenciesMeta ?? {})) {
      if (optional) expect(existsSync(join(user.folder, 'node_modules', peer)), peer).toBe(false);
    }
  });

  it('loads as an ES module and as CommonJS, with the same names', async () => {
    const compare = entries.map(
      (entry, i) =>
        `import * as a${i} from '${entry}';
         const b${i} = Object.keys(require('${entry}'));
         if (b${i}.length === 0 || b${i}.some((name) => !(name in a${i}))) throw new Error('${entry}');`,
    );
    const code = `import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\n${compare.join('\n')}\n`;
    await user.node(user.write('names.mjs', code));
  });

  describe("as the README's line installs it", () => {
    beforeAll(async () => {
      const nodeTypes = /from 'node:/.test(examples.map(({ module }) => module).join()) ? ['@types/node@20'] : [];
      await user.install([...readmeInstalls(readme), ...nodeTypes]);
      // What an example reads lies where it does for the package's own test of it.
      const models = join(folder, 'test', 'models');
      if (existsSync(models)) cpSync(models, join(temporary, 'models'), { recursive: true });
      for (const [i, { worker }] of examples.entries()) if (worker) for (const kind of kinds) write(i, kind);
    });
    const kinds = ['.mjs', '.cjs'] as const;
    const write = (i: number, kind: (typeof kinds)[number]) => {
      const { module, commonJs, worker } = examples[i];
      const code = kind === '.mjs' ? javaScript(module, 'module') : javaScript(commonJs, 'commonJs');
      return user.write(`${worker ?? `example-${i}`}${kind}`, code);
    };

    it('has an example', () => expect(examples.length).toBeGreaterThan(0));

    const title = 'runs example %i as an ES module and as CommonJS';
    it.each([...examples.keys()].filter((i) => !examples[i].worker))(title, async (i) => {
      await user.node(write(i, '.mjs'));
      await user.node(write(i, '.cjs'));
    });

    it.each(['node16', 'bundler'] as const)(
      "type-checks a strict consumer under moduleResolution '%s'",
      (resolution) => {
        const whole = entries.map((entry, i) => `export * as entry${i} from '${entry}';\n`).join('');
        const files = [
          user.write('whole.mts', whole),
          user.write('whole.cts', whole),
          ...examples.map(({ module }, i) => user.write(`example-${i}.mts`, module)),
          ...examples.map(({ commonJs }, i) => user.write(`example-${i}.cts`, commonJs)),
        ];
        expect(typeErrors(user.folder, files, resolution)).toEqual([]);
      },
    );

    it('bundles for browsers', async () => {
      const browserEntries = entries.filter((entry) => !entry.endsWith('/node'));
      const code = browserEntries.map((entry, i) => `import * as a${i} from '${entry}'; export { a${i} };`).join('\n');
      // What browsers lack, such as `node:fs`, esbuild does not find: an error.
      const text = readFileSync(await user.bundle('bundle.mjs', code), 'utf8');
      expect(text.length).toBeGreaterThan(1000);
    });
  });
});

describe('bundled for browsers, gradients and workers survive tree shaking and minification', () => {
  const programs = ['plane.mjs', 'plane.worker.mjs', 'gradients.mjs', 'workers.mjs'];
  let user: Project;
  let site: string;

  beforeAll(async () => {
    user = project(join(temporary, 'users', 'bundled'), registry.npmrc);
    await user.install(readmeInstalls(readFileSync(join(root, 'packages', 'tfjs', 'README.md'), 'utf8')));
    for (const name of programs) user.write(name, program(name));
    site = join(user.folder, 'site');
    mkdirSync(site);
    for (const name of programs.slice(1)) await user.bundle(join('site', name), program(name));
    writeFileSync(join(site, 'browser-in-node.mjs'), program('browser-in-node.mjs'));
  });

  it('gradients also without being bundled', async () => {
    await user.node(join(user.folder, 'gradients.mjs'));
  });

  it.each(['gradients.mjs', 'workers.mjs'])('%s in Node', async (name) => {
    await user.node(join(site, 'browser-in-node.mjs'), `./${name}`);
  });

  const browser = installedBrowser();
  it.skipIf(!browser).each(['gradients.mjs', 'workers.mjs'])('%s in a browser', async (name) => {
    await runInBrowser(browser!, site, name);
  });
});

describe('@subspace/dense, bundled for browsers', () => {
  /** What `programs/dense.mjs` tells. */
  interface Told {
    readonly threads: number;
    readonly engine: string;
    readonly warnings: number;
    readonly isolated: boolean;
    readonly computed: readonly number[];
    readonly drawn: readonly number[];
  }
  let site: string;
  const inNode = new Map<string, Told>();

  beforeAll(async () => {
    const user = project(join(temporary, 'users', 'dense'), registry.npmrc);
    await user.install(['core', 'dense', 'ess'].map((room) => `@subspace/${room}`));
    site = join(user.folder, 'site');
    mkdirSync(site);
    await user.bundle(join('site', 'dense.mjs'), program('dense.mjs'));
    const tell = user.write('tell.mjs', 'console.log(JSON.stringify((await import(process.argv[2])).default));');
    for (const kernels of ['simd', 'typescript']) {
      inNode.set(kernels, JSON.parse(await user.node(tell, `./site/dense.mjs?kernels=${kernels}&threads=none`)));
    }
  });

  const isolation = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };
  const policy = (content: string) => ({ 'content-security-policy': content });
  const compiled = "script-src 'self' 'wasm-unsafe-eval'";
  const shared = { kernels: 'simd', threads: 'shared', headers: isolation };
  const copied = { kernels: 'simd', threads: 'copied', headers: {} };
  const places = [
    { place: 'an isolated page: workers share memory', ...shared },
    { place: 'a worker of an isolated page: workers share memory', worker: true, ...shared },
    { place: 'a page: workers have copies', ...copied },
    { place: 'a worker of a page: workers have copies', worker: true, ...copied },
    { place: 'a page whose policy allows both', ...copied, headers: policy(`${compiled}; worker-src blob:`) },
    {
      place: 'a page whose policy allows no workers: one thread works, which is said once',
      ...copied,
      threads: 'refused',
      headers: policy(compiled),
    },
    {
      place: 'a page whose policy allows no compiled kernels: TypeScript takes over, which is said once',
      ...{ kernels: 'auto', threads: 'none', headers: policy("script-src 'self'; worker-src blob:") },
    },
  ];
  const browser = installedBrowser();
  it.skipIf(!browser).each(places)('gives the numbers of Node in $place', async ({ kernels, threads, ...options }) => {
    const module = `dense.mjs?kernels=${kernels}&threads=${threads}`;
    const told = (await runInBrowser(browser!, site, module, options)) as Told;
    const expected = inNode.get(kernels === 'auto' ? 'typescript' : kernels)!;
    expect({ ...told, computed: undefined, drawn: undefined }).toEqual({
      engine: expected.engine,
      threads: threads === 'shared' || threads === 'copied' ? 2 : 1,
      warnings: kernels === 'auto' || threads === 'refused' ? 1 : 0,
      isolated: threads === 'shared',
    });
    expect(told.computed).toEqual(expected.computed);
    expect(told.drawn.length).toBe(expected.drawn.length);
    told.drawn.forEach((value, i) => {
      expect(value).toBeCloseTo(expected.drawn[i], 9);
    });
  });
});

describe('ES module and CommonJS copies in one program', () => {
  it('take each other’s objects and give the same draws, bit for bit', async () => {
    const user = project(join(temporary, 'users', 'both'), registry.npmrc);
    await user.install(['core', 'ess', 'models', 'swag', 'tfjs'].map((room) => `@subspace/${room}`));
    await user.node(user.write('both-kinds.mjs', program('both-kinds.mjs')));
  });

  it('each have dense networks, with workers of their own', async () => {
    const user = project(join(temporary, 'users', 'both-dense'), registry.npmrc);
    await user.install(['core', 'dense'].map((room) => `@subspace/${room}`));
    await user.node(user.write('dense-both-kinds.mjs', program('dense-both-kinds.mjs')));
  });
});
