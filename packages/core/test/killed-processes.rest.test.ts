// What `npm test` has no time for.
import './killed-processes.test.ts';
