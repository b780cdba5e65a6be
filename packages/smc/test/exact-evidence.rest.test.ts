// At the sizes that `npm test` has no time for.
import './exact-evidence.test.ts';
