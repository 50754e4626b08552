import { rmSync } from 'node:fs'
import { verifyExport } from '../../cloud/cli/audit-verify.ts'
import { writeAuditFile } from '../support/audit-file.ts'
import type { Bench } from './bench.ts'
import { spread, table } from './table.ts'

const GOAL_S = 10

/** Offline verification of an export: read, hash, root, signature. */
export const audit: Bench = {
  name: 'audit',
  about: 'offline verification of 1,000,000 entries of the audit (--full: five times)',
  run: async ({ full, print }) => {
    const entries = 1_000_000
    const { folder, file, key } = await writeAuditFile(entries)
    try {
      const seconds: number[] = []
      for (let round = 0; round < (full ? 5 : 3); round += 1) {
        const from = performance.now()
        const found = await verifyExport(file, { key })
        if (found.entries !== entries) throw new Error(`${found.entries} of ${entries} entries verified`)
        seconds.push((performance.now() - from) / 1000)
      }
      const own = spread(seconds)
      print(
        table([
          ['1,000,000 entries', 'median s', 'fastest', 'slowest'],
          ['verified', own.median, own.min, own.max],
        ]),
      )
      return {
        unit: 's per 1,000,000 entries',
        pairs: seconds.length,
        own,
        peer: null,
        ratio: null,
        void: own.median < GOAL_S ? null : `slower than ${GOAL_S} s`,
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
