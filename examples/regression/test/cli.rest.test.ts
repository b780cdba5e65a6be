// What `npm test` has no time for.
import './cli.test.ts';
