// What `npm test` has no time for.
import './populations.test.ts';
