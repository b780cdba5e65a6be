// Writes to a folder, says so, and ends as it is told to: of itself, or by a signal.
import { fileStore } from '@subspace/core/node';

const [folder, ending] = process.argv.slice(2);
await fileStore(folder).write('entry', [Uint8Array.of(1)]);
process.stdout.write('written\n');
if (ending === 'wait') setInterval(() => {}, 1000);
