import type { Kernels } from './kernels.ts';
import { sectionFields, tasks } from './memory-map.ts';
import { outputsOf, pullBack, readOutputJob } from './twin/output-job.ts';
import { readScratch, type Views } from './twin/structures.ts';
import { evaluate, gaussNewton, precompute, readSubspaceJob } from './twin/subspace-job.ts';
import { gradientOfShard, mix, readTrainJob, run, update } from './twin/train-job.ts';

/**
 * The plain TypeScript twin of the compiled kernels: where WebAssembly does not run, and what they are tested against. Same memory, same shards, same
 * blocks of rows; sums are in double precision, and rounded to single precision where they are stored.
 */
export function typescriptKernels(memory: Kernels['memory']): Kernels {
  const { buffer } = memory;
  const views: Views = {
    words: new Int32Array(buffer),
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
  };
  return {
    memory,
    perform(section, scratch, part) {
      performPart(views, section, scratch, part);
    },
    run(address, scratch) {
      const job = readTrainJob(views, address);
      run(views, job, readScratch(views, scratch, job.net));
    },
    mix(address) {
      mix(views, readTrainJob(views, address));
    },
    pullBack(address, scratch) {
      const job = readOutputJob(views, address);
      pullBack(views, job, readScratch(views, scratch, job.net));
    },
  };
}

function performPart(views: Views, section: number, scratch: number, part: number): void {
  const { words } = views;
  const at = section >>> 2;
  const address = words[at + sectionFields.job];
  const a = words[at + sectionFields.a];
  const b = words[at + sectionFields.b];
  const c = words[at + sectionFields.c];
  switch (words[at + sectionFields.task]) {
    case tasks.evaluate: {
      const job = readSubspaceJob(views, address);
      const parts = Math.ceil(job.shards / c);
      const first = (part % parts) * c;
      const last = Math.min(job.shards, first + c);
      evaluate(views, job, readScratch(views, scratch, job.net), Math.floor(part / parts), first, last, a);
      break;
    }
    case tasks.precompute: {
      const job = readSubspaceJob(views, address);
      const parts = Math.ceil(job.data.rows / a);
      const row = (part % parts) * a;
      precompute(
        views,
        job,
        readScratch(views, scratch, job.net),
        Math.floor(part / parts),
        row,
        Math.min(a, job.data.rows - row),
      );
      break;
    }
    case tasks.gaussNewton: {
      const job = readSubspaceJob(views, address);
      gaussNewton(views, job, readScratch(views, scratch, job.net), a, part);
      break;
    }
    case tasks.shardGradient: {
      const job = readTrainJob(views, address);
      gradientOfShard(views, job, readScratch(views, scratch, job.net), a, part);
      break;
    }
    case tasks.update: {
      const job = readTrainJob(views, address);
      update(views, job, a, b, part * c, Math.min(job.net.size, (part + 1) * c));
      break;
    }
    case tasks.outputs: {
      const job = readOutputJob(views, address);
      const row = part * a;
      outputsOf(views, job, readScratch(views, scratch, job.net), row, Math.min(a, job.data.rows - row));
      break;
    }
  }
}
