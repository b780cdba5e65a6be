import { packageBuild } from '../../tsup.package.ts';

export default packageBuild({ entry: ['src/index.ts', 'src/internals.ts', 'src/worker.ts', 'src/node.ts'] });
