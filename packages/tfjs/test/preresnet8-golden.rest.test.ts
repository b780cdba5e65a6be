// What `npm test` has no time for.
import './preresnet8-golden.test.ts';
