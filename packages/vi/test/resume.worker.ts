import { fileStore } from '@subspace/core/node';
import { fit, METHODS } from './resumable-run.ts';

// What a test kills: fits one approximation after another, slowly, saving on the way.
const folder = process.argv[2];
process.stdout.write('begun\n');
for (const method of Object.keys(METHODS)) await fit(method, fileStore(`${folder}/${method}`), {}, 0.1);
process.stdout.write('done\n');
