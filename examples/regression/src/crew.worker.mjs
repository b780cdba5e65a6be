// Threads don't inherit the way in which TypeScript is loaded.
import { register } from 'tsx/esm/api';

register();
await import('./crew.worker.ts');
