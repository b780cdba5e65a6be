import { packageTests } from '../../vitest.package.ts';

export default packageTests({ timeout: 180_000 });
