import { fileStore } from '@subspace/core/node';
import { runMethod } from '../src/resumable-methods.ts';

// What the test kills: one method, which says when it has come to an evaluation, and goes on, slowly enough to be hit.
const [name, folder, at, milliseconds] = process.argv.slice(2);
await runMethod(name, fileStore(folder), (evaluation) => {
  if (evaluation === Number(at)) process.stdout.write('now\n');
  for (const until = performance.now() + Number(milliseconds); performance.now() < until; );
});
process.stdout.write('done\n');
