import { packageTests } from '../vitest.package.ts';

export default packageTests({ timeout: 3_600_000 });
