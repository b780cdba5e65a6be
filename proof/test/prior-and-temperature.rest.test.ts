// What `npm test` has no time for.
import './prior-and-temperature.test.ts';
