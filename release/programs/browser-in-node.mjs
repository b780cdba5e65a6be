// Runs a bundle for browsers in Node: `node browser-in-node.mjs <bundle>`. TensorFlow.js takes this for a browser's worker, which has workers of its own.
import * as threads from 'node:worker_threads';

globalThis.WorkerGlobalScope = class {};
if (!threads.isMainThread) {
  globalThis.postMessage = (message, transfer) => threads.parentPort.postMessage(message, transfer);
  globalThis.addEventListener = (event, listener) => threads.parentPort.on(event, (data) => listener({ data }));
}
globalThis.Worker = class extends threads.Worker {
  constructor(url) {
    super(new URL(import.meta.url), { workerData: { bundle: url.href } });
  }
};
await import(threads.isMainThread ? new URL(process.argv[2], import.meta.url).href : threads.workerData.bundle);
