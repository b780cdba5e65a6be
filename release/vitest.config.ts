import { packageTests } from '../vitest.package.ts';

export default packageTests({ timeout: 300_000, setup: false });
