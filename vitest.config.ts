import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    expect: { requireAssertions: true },
    // Most tests wait for sockets and processes, so that every processor has room for a file of them.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      // They run as processes of their own, where they are tested and not measured.
      exclude: ['src/main.ts', 'src/cli/**'],
      reporter: ['text-summary', 'html'],
      thresholds: { lines: 80 },
    },
  },
});
