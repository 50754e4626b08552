import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '#contract': new URL('./contract', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Real brokers, databases and browsers on two shared cores: what fails once and passes at once is told as a retry.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    coverage: { provider: 'v8', include: ['contract/**', 'edge/interlock/**', 'cloud/orders/order-state.ts'] },
  },
})
