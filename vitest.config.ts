import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { alias: { '#contract': new URL('./contract', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    coverage: { provider: 'v8', include: ['contract/**', 'edge/interlock/**', 'cloud/orders/order-state.ts'] },
  },
})
