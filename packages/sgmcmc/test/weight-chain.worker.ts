import { fileStore } from '@subspace/core/node';
import { resumableChain } from './resumable-chain.ts';

// What a test kills: a chain, slow, saving every seven steps.
await resumableChain(process.argv[2], fileStore(process.argv[3]), () => {
  process.stdout.write('step\n');
  for (const until = performance.now() + 1; performance.now() < until; );
});
process.stdout.write('done\n');
