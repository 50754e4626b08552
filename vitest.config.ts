import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** The longest, as measured, half a minute or more: begun first, so that nobody waits for them alone at the end. */
const LONGEST = [
  'system/outside-servers',
  'system/kill.test',
  'system/install-guide',
  'system/case-a',
  'system/block',
  'console/safe-block',
  'rules/fair-ladder',
  'system/order-attacks',
  'system/growth',
  'roistat/roistat',
  'system/revocation',
  'cloud/matrix',
  'system/moving',
  'console/process-pages',
  'holds/safe-block',
  'cloud/cli/cli',
  'signer/signer-process',
  'commissioning/relay-test',
  'console/leasing-pages',
  'vehicles/vehicles',
  'decisions/recovery',
  'jobs/jobs',
  'console/work-pages',
  'calls/calls',
]
const rank = ({ moduleId }: TestSpecification): number => {
  const place = LONGEST.findIndex((name) => moduleId.includes(name))
  return place < 0 ? LONGEST.length : place
}
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other))
  }
}

export default defineConfig({
  resolve: { alias: { '#contract': new URL('./contract', import.meta.url).pathname } },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // A hang is found all the same; on a busy machine nothing else is.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 30_000 } },
    // Real brokers, databases and browsers on two shared cores: what fails once and passes at once is told as a retry.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    coverage: { provider: 'v8', include: ['contract/**', 'edge/interlock/**', 'cloud/orders/order-state.ts'] },
  },
})
