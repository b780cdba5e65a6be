import { fileStore } from '@subspace/core/node';
import { draw, train } from './resumable-run.ts';

// What a test kills: trains, then samples, slowly, saving on the way.
const folder = process.argv[2];
process.stdout.write('begun\n');
await train(fileStore(`${folder}/fit`), {}, 0.5);
await draw(fileStore(`${folder}/sample`), {}, 0.3);
process.stdout.write('done\n');
