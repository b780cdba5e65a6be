import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { run } from './run.ts';

/** An empty project of a user, installed with plain npm. */
export interface Project {
  readonly folder: string;
  install(specifiers: readonly string[]): Promise<void>;
  /** Names of installed packages that run something when they are installed. */
  installScripts(): readonly string[];
  /** Writes a file and returns its path. */
  write(name: string, text: string): string;
  /** Runs a file with Node. */
  node(path: string, ...args: readonly string[]): Promise<string>;
  /** Bundles a module for browsers and returns the bundle's path; warnings are errors. */
  bundle(name: string, code: string): Promise<string>;
}

/** @param npmrc which registry packages come from */
export function project(folder: string, npmrc: string): Project {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "version": "1.0.0", "private": true }\n');
  writeFileSync(join(folder, '.npmrc'), npmrc);
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  return {
    folder,
    write,
    async install(specifiers) {
      await run(folder, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...specifiers]);
    },
    installScripts() {
      const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
      const installed = Object.entries<{ hasInstallScript?: boolean }>(lock.packages);
      return installed
        .filter(([path, entry]) => entry.hasInstallScript && existsSync(join(folder, path)))
        .map(([path]) => path);
    },
    node: (path, ...args) => run(folder, process.execPath, [path, ...args]),
    async bundle(name, code) {
      const outfile = join(folder, name);
      const { warnings } = await build({
        stdin: { contents: code, resolveDir: folder, loader: 'ts' },
        bundle: true,
        minify: true,
        platform: 'browser',
        format: 'esm',
        target: 'es2022',
        outfile,
        logLevel: 'silent',
      });
      if (warnings.length > 0)
        throw new Error(
          `esbuild: ${warnings.map(({ text, location }) => `${text} (${location?.file}:${location?.line})`).join('\n')}`,
        );
      return outfile;
    },
  };
}
