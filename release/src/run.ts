import { execFile } from 'node:child_process';

/**
 * Runs a program to its end and returns what it wrote to standard output.
 *
 * @throws with everything it wrote, if it fails
 */
export function run(folder: string, program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env: environment(), maxBuffer: 64 * 1024 * 1024 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      if (error) {
        // A minified bundle is one line.
        const said = `${stdout}\n${stderr}`.replace(/[^\n]{400,}/g, (line) => `${line.slice(0, 400)} …`);
        reject(new Error(`${program} ${args.join(' ')} in ${folder}\n${said}`));
      } else resolve(stdout);
    });
  });
}

/** The environment without what a surrounding `npm run` put there: it would send npm back to this repository. */
function environment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|config_local_prefix|execpath|node_execpath|command)|INIT_CWD|NODE_ENV|VITEST)/.test(
        name,
      ),
  );
  return Object.fromEntries(entries);
}
