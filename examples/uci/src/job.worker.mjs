// Threads don't inherit the way in which TypeScript is loaded.
import { register } from 'tsx/esm/api';

register();
const { default: runJob } = await import('./job.ts');
export default runJob;
