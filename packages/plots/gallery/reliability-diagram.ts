/** How often two classifiers are right, by how sure they are: one is too sure throughout, one is about as right as it says. */
import { reliabilityDiagram } from '@subspace/plots';

const confidence = [0.28, 0.36, 0.45, 0.55, 0.65, 0.75, 0.85, 0.97];
const count = [12, 18, 30, 41, 55, 64, 90, 290];

export const svg = reliabilityDiagram({
  SGD: { count, confidence, accuracy: [0.2, 0.24, 0.31, 0.39, 0.45, 0.56, 0.63, 0.88] },
  'PCA subspace': { count, confidence, accuracy: [0.3, 0.35, 0.47, 0.52, 0.66, 0.73, 0.87, 0.98] },
});
