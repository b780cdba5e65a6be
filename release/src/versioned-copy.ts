import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run.ts';

/** A package as it will be published. */
export interface ReleasedPackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
  readonly changelog: string;
}

/**
 * Builds the packages, copies the repository with their `dist` folders, and runs `changeset version` in the copy. The checkout's
 * sources and manifests stay as they are.
 *
 * @param root the repository
 * @param folder an empty folder for the copy
 * @param packageManager the pinned pnpm
 */
export async function versionedCopy(
  root: string,
  folder: string,
  packageManager: string,
): Promise<readonly ReleasedPackage[]> {
  await run(root, 'npx', ['-y', packageManager, 'run', 'build']);
  const listing = await run(root, 'git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const path of new Set(listing.split('\0'))) {
    if (path === '' || !existsSync(join(root, path))) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path));
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const rooms = readdirSync(join(root, 'packages')).filter((room) =>
    existsSync(join(root, 'packages', room, 'package.json')),
  );
  for (const room of rooms) {
    cpSync(join(root, 'packages', room, 'dist'), join(folder, 'packages', room, 'dist'), { recursive: true });
  }
  await run(folder, process.execPath, [join(root, 'node_modules', '@changesets', 'cli', 'bin.js'), 'version']);

  const packages = rooms.map((room) => {
    const path = join(folder, 'packages', room);
    const { name, version } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
    const changelog = join(path, 'CHANGELOG.md');
    return { name, version, folder: path, changelog: existsSync(changelog) ? readFileSync(changelog, 'utf8') : '' };
  });
  // pnpm reads the version that `workspace:` stands for from the neighbour's own manifest, through node_modules.
  for (const { folder: path } of packages) {
    mkdirSync(join(path, 'node_modules', '@subspace'), { recursive: true });
    for (const room of rooms)
      symlinkSync(join(folder, 'packages', room), join(path, 'node_modules', '@subspace', room));
    mkdirSync(join(path, 'node_modules', '@subspace-internal'));
    symlinkSync(join(folder, 'testing'), join(path, 'node_modules', '@subspace-internal', 'testing'));
  }
  return packages;
}
