import { packageBuild } from '../../tsup.package.ts';

const entry = ['src/index.ts', 'src/node.ts', 'src/document.ts'];

// The entry imports `#document`, which package.json maps to one of two files: browsers are spared linkedom.
const external = ['#document'];

export default [
  packageBuild({
    entry: [...entry, 'src/document.browser.ts'],
    external,
    format: ['esm'],
    clean: ['dist/*.js', 'dist/*.js.map', 'dist/*.d.ts'],
  }),
  packageBuild({
    entry,
    format: ['cjs'],
    clean: ['dist/*.cjs', 'dist/*.cjs.map', 'dist/*.d.cts'],
    // `import.meta.url`, where the font is looked for from.
    shims: true,
    sourcemap: false,
    // Plot, d3 and a dependency of linkedom are ES modules only, which `require` cannot load on every Node 20: CommonJS carries them.
    noExternal: [/^@observablehq\/plot$/, /^d3/, /^linkedom$/],
    external: [...external, 'canvas'],
    platform: 'node',
  }),
];
