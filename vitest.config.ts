import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{shared,engine,web,electron,renderer,scripts,bin,e2e,bench}/**/*.test.{ts,tsx}'],
    // Processes, not threads: tests start hosts, open FIFOs and measure memory.
    pool: 'forks',
    maxWorkers: 2,
    // Property tests take their time on a busy machine with two cores.
    testTimeout: 60_000,
    hookTimeout: 30_000,
    teardownTimeout: 5_000,
    restoreMocks: true,
  },
});
