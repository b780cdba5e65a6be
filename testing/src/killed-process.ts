import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const tsx = pathToFileURL(createRequire(new URL('../../package.json', import.meta.url)).resolve('tsx')).href;

/**
 * Runs a TypeScript file in a process of its own, with the packages from their sources, and maybe kills it (SIGKILL).
 *
 * @param onOutput is told all that it has written so far, each time there is more, and what kills it
 * @returns all that it wrote, or undefined if it was killed; rejects with its errors where it ends otherwise
 */
export function killedProcess(
  file: string,
  args: readonly string[],
  onOutput: (output: string, kill: () => void) => void = () => {},
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--conditions=@subspace/source', '--import', tsx, file, ...args]);
    let output = '';
    let errors = '';
    child.stderr.on('data', (text) => {
      errors += text;
    });
    child.stdout.on('data', (text) => {
      output += text;
      onOutput(output, () => child.kill('SIGKILL'));
    });
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(output);
      else reject(new Error(`${file} ${args.join(' ')} ended with ${code}: ${errors}`));
    });
  });
}
