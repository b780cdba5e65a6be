import { packageBuild } from '../../tsup.package.ts';

export default packageBuild({
  entry: ['src/index.ts', 'src/concrete.ts', 'src/energy.ts', 'src/node.ts', 'src/yacht.ts'],
});
