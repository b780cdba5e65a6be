import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { runServer } from 'verdaccio';
import { run } from './run.ts';
import type { ReleasedPackage } from './versioned-copy.ts';

/** A registry on loopback that knows the packages of this repository and nothing else. */
export interface LocalRegistry {
  /** Lines of an `.npmrc` that take `@subspace/…` from here, and everything else from where npm always takes it. */
  readonly npmrc: string;
  /** Packs a package, publishes the archive and returns the names of the files in it. */
  publish(released: ReleasedPackage): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** @param folder an empty folder for the registry's storage */
export async function localRegistry(folder: string, packageManager: string): Promise<LocalRegistry> {
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'config.yaml');
  writeFileSync(
    config,
    [
      `storage: ${JSON.stringify(join(folder, 'storage'))}`,
      'uplinks: {}',
      "packages: { '@subspace/*': { access: $all, publish: $all } }",
      'log: { type: stdout, level: fatal }',
      'max_body_size: 100mb',
      '',
    ].join('\n'),
  );
  const server = (await runServer(config)) as Server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const npmrc = `@subspace:registry=http://127.0.0.1:${port}/\n//127.0.0.1:${port}/:_authToken=nobody\n`;

  return {
    npmrc,
    async publish(released) {
      const archives = join(folder, 'archives', released.name);
      mkdirSync(archives, { recursive: true });
      writeFileSync(join(archives, '.npmrc'), npmrc);
      await run(released.folder, 'npx', ['-y', packageManager, 'pack', '--pack-destination', archives]);
      const archive = `${released.name.slice(1).replace('/', '-')}-${released.version}.tgz`;
      // A statement of provenance is signed by the machine that builds it; this one has no identity to sign with.
      const answer = await run(archives, 'npm', [
        'publish',
        archive,
        '--access',
        'public',
        '--provenance=false',
        '--json',
      ]);
      const parsed = JSON.parse(answer);
      // Versions of npm differ in whether the answer is keyed by name.
      const published = parsed[released.name] ?? parsed;
      if (published.id !== `${released.name}@${released.version}`) throw new Error(`published ${published.id}`);
      return published.files.map((file: { path: string }) => file.path);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** The package manager, with its version, that the repository is built with. */
export function packageManagerOf(root: string): string {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
}
