import { parentPort, workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
if (workerData.browser) {
  // What a browser's worker has instead of parentPort.
  globalThis.WorkerGlobalScope = class {};
  globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);
  globalThis.addEventListener = (event, listener) => parentPort.on(event, (data) => listener({ data }));
}
const { serveLogDensity } = await import(workerData.entry);
const { target } = await import('./target.ts');
const post = (message) => parentPort.postMessage(message);

serveLogDensity(async (init) => {
  if (init.throws) throw new TypeError(init.throws);
  if (init.returns) return init.returns;
  if (init.dims) return target({ dim: Atomics.add(new Int32Array(init.dims), 0, 1) });
  return target({ ...init, post });
});
