// `npm start`, `npm test`, `npm run test:proof` and `npm run test:statistics`: install with the pinned pnpm when the lockfile has changed since the last install, then run.
// Nothing here needs the network once the install is done.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.subspace-install');
const [command, ...rest] = process.argv.slice(2);

/** What testing/src/suite.ts says of them. In parts: `npm run test:statistics -- --shard=1/4`. */
const suites = {
  test: { suite: 'test', projects: [] },
  'test:proof': { suite: 'proof', projects: [] },
  'test:statistics': { suite: 'statistics', projects: ['*proof*'] },
};

install();
if (command === 'start') {
  const { register: compileTypeScript } = await import(resolved('tsx/esm/api'));
  compileTypeScript();
  // The packages from their sources: nothing is built first.
  register(`data:text/javascript,export const resolve = ${encodeURIComponent(sourcesOfPackages)}`);
  // File arguments are relative to where the user stands, not to the repository.
  await run(process.env.INIT_CWD ?? root, join(root, 'examples', 'regression', 'src', 'main.ts'), rest);
} else if (command in suites) {
  const { suite, projects } = suites[command];
  process.env.SUBSPACE_SUITE = suite;
  const only = projects.flatMap((project) => ['--project', project]);
  await run(root, join(root, 'node_modules', 'vitest', 'vitest.mjs'), ['run', ...only, ...rest]);
} else {
  console.error(`bootstrap: command is ${command}, expected start, ${Object.keys(suites).join(', ')}`);
  process.exitCode = 2;
}

function install() {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'pnpm-lock.yaml')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  // To stderr, like all that is no result: `npm start | head` closes the other.
  console.error(`Installing with ${manifest.packageManager} (once; a minute or two) …`);
  const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';
  const result = spawnSync(
    npx,
    ['-y', manifest.packageManager, 'install', '--frozen-lockfile', '--prefer-offline', '--reporter=append-only'],
    {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32',
      env: { ...process.env, CI: 'true' },
    },
  );
  if (result.status !== 0) process.exit(result.status ?? 1);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

function resolved(name) {
  return pathToFileURL(createRequire(join(root, 'package.json')).resolve(name)).href;
}

function sourcesOfPackages(specifier, context, next) {
  return next(specifier, { ...context, conditions: ['@subspace/source', ...context.conditions] });
}

/** In this very process, so that a signal reaches what runs, however it is sent. */
async function run(cwd, entry, argumentsList) {
  process.chdir(cwd);
  process.argv = [process.execPath, entry, ...argumentsList];
  await import(pathToFileURL(entry).href);
}
