import { packageBuild } from '../../tsup.package.ts';

// Shims: the CommonJS build looks for the native backend through `import.meta.url` too.
export default packageBuild({ shims: true });
