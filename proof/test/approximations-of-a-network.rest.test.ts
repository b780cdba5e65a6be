// What `npm test` has no time for.
import './approximations-of-a-network.test.ts';
