// What `npm test` has no time for.
import './approximations.test.ts';
