export { bits } from './bits.ts';
export { describeExamples } from './examples.ts';
export { formulaArray, formulaHash, formulaUniform, formulaValue } from './formula.ts';
export { describeGolden, readGolden, sharedFolder, sharedIsThere, sharedPath } from './golden.ts';
export { killedProcess } from './killed-process.ts';
export { expectMean, expectMoments } from './moments.ts';
export { belongs, covering, sized, suite } from './suite.ts';
