/** Packages whose loading registers the native backend, the one with a GPU first. */
const packages = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

type Require = ((name: string) => unknown) & { resolve(name: string): string };

/**
 * Loads the native backend, which registers itself with TensorFlow.js as 'tensorflow'.
 *
 * It is looked for at run time and through CommonJS, because `import` ignores NODE_PATH. The package brings its own copy of TensorFlow.js core; that is
 * no harm, since all copies in a process keep their engine, kernels and gradients in the same global objects.
 *
 * @returns which package was loaded, and why, or why none was
 */
export async function loadNative(): Promise<{ readonly loaded?: string; readonly reason: string }> {
  const require = await nodeRequire();
  if (!require) return { reason: 'this is not Node' };
  const problems: string[] = [];
  for (const name of packages) {
    try {
      require.resolve(name);
    } catch {
      continue;
    }
    try {
      require(name);
      return { loaded: name, reason: `${name} loads` };
    } catch (error) {
      problems.push(`${name} does not load (${String((error as Error).message).split('\n')[0]})`);
    }
  }
  return { reason: problems.join('; ') || 'neither @tensorflow/tfjs-node-gpu nor @tensorflow/tfjs-node is installed' };
}

/** The folder of the WebAssembly files in Node, with its last slash; undefined elsewhere. */
export async function wasmFolder(): Promise<string | undefined> {
  const require = await nodeRequire();
  return require?.resolve('@tensorflow/tfjs-backend-wasm').replace(/[^/\\]*$/, '');
}

async function nodeRequire(): Promise<Require | undefined> {
  if (!(globalThis as { process?: NodeJS.Process }).process?.versions?.node) return undefined;
  // The name in a variable keeps bundlers for browsers from looking for it.
  const name = 'node:module';
  const { createRequire } = (await import(
    /* webpackIgnore: true */ /* @vite-ignore */ name
  )) as typeof import('node:module');
  return createRequire(import.meta.url) as Require;
}
