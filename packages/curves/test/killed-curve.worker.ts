import { fileStore } from '@subspace/core/node';
import { resumableCurve } from './resumable-curve.ts';

// What a test kills: trains a curve, slowly, saving after every epoch.
await resumableCurve(fileStore(process.argv[2]), () => {
  process.stdout.write('epoch\n');
  for (const until = performance.now() + 10; performance.now() < until; );
});
process.stdout.write('done\n');
