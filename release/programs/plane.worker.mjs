// Serves the posterior of the plane; its Gauss–Newton matrix too.
import { serveLogDensity } from '@subspace/core/worker';
import { planePosterior } from './plane.mjs';

serveLogDensity(async ({ refuses }) => {
  if (refuses) throw new Error(refuses);
  return planePosterior();
});
