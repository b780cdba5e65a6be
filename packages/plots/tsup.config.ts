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
    external,
    format: ['cjs'],
    clean: ['dist/*.cjs', 'dist/*.cjs.map', 'dist/*.d.cts'],
    // `import.meta.url`, where the font is looked for from.
    shims: true,
    sourcemap: false,
    // Plot and d3 are ES modules only: `require` cannot load them on every Node 20, so that CommonJS carries them.
    noExternal: [/^@observablehq\/plot$/, /^d3/],
  }),
];
