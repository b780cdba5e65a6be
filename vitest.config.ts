import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Vitest would leave one processor free: of two, half.
  test: { projects: ['packages/*', 'examples/*', 'proof', 'testing'], maxWorkers: '100%' },
});
