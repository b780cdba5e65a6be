// What `npm test` has no time for.
import './protocol.test.ts';
