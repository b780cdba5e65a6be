/**
 * What a worker runs that has copies of memories, as plain JavaScript: it imports nothing, so that it survives any bundler.
 *
 * It is sent a memory when that has changed, and for a section the bytes that are new, the range of its parts and where their results are.
 */
export const copyingProgram: string = `
const node = typeof process === 'object' && process.versions && process.versions.node;
const port = node ? require('node:worker_threads').parentPort : self;
const copies = new Map();
const tasks = {
  join({ join, version, module, memory, scratch }) {
    const pages = memory.length / 65536;
    const copy = copies.get(join) || {};
    if (!copy.kernels) {
      const own = new WebAssembly.Memory({ initial: pages, maximum: pages });
      copy.bytes = new Uint8Array(own.buffer);
      copy.kernels = new WebAssembly.Instance(module, { env: { memory: own } }).exports;
      copies.set(join, copy);
    }
    copy.bytes.set(memory);
    copy.scratch = scratch;
    port.postMessage({ has: join, version });
  },
  perform({ perform, section, news, start, first, end, results }) {
    const { bytes, kernels, scratch } = copies.get(perform);
    bytes.set(news, start);
    for (let part = first; part < end; part++) kernels.perform(section, scratch, part);
    port.postMessage({
      results: results.map((result) => {
        const address = result.address + first * result.bytes;
        return { address, data: bytes.slice(address, result.address + end * result.bytes) };
      }),
    });
  },
  leave({ leave }) { copies.delete(leave); },
};
const receive = (data) => {
  try {
    tasks[data.join ? 'join' : data.perform ? 'perform' : 'leave'](data);
  } catch (error) {
    port.postMessage({ failed: String(error && error.message || error) });
  }
};
if (node) port.on('message', receive); else port.onmessage = (event) => receive(event.data);
`;
