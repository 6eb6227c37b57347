import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,engine,web,electron,renderer,scripts,bin,e2e,bench,docs}/**/*.test.{ts,tsx}'],
    setupFiles: ['scripts/property-seed.ts'],
    // Processes, not threads: tests start hosts, open FIFOs and measure memory.
    pool: 'forks',
    maxWorkers: 2,
    // Limits are there to end what hangs, never to measure: a busy machine may take its time.
    testTimeout: 120_000,
    hookTimeout: 60_000,
    teardownTimeout: 30_000,
    expect: { poll: { timeout: 30_000 } },
    restoreMocks: true,
  },
});
