// What `npm test` has no time for.
import './resume.test.ts';
