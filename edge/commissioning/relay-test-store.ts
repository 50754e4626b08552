import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DocumentHash } from '#contract/configuration.ts'
import { EpochMs } from '#contract/instant.ts'

const RelayProof = z.strictObject({
  schema: z.literal('kordon-relay-test/1'),
  /** Wiring and profiles that were tested. */
  binding: DocumentHash,
  /** The read-back that proved the block; absent while it has not come. */
  blockedAt: EpochMs.exactOptional(),
  /** The read-back that proved it free again; absent, the relay may still be open for the test. */
  freedAt: EpochMs.exactOptional(),
})
export type RelayProof = z.infer<typeof RelayProof>

export type RelayTestStore = { load(): RelayProof | undefined; save(proof: RelayProof): void }

/** `relay-test.json` in the gateway's folder: on disk before the relay is asked to move, so that no test is left standing. */
export function createRelayTestStore(dir: string): RelayTestStore {
  const file = join(dir, 'relay-test.json')
  return {
    load: () => {
      if (!existsSync(file)) return undefined
      try {
        return RelayProof.parse(JSON.parse(readFileSync(file, 'utf8')))
      } catch {
        return undefined
      }
    },
    save: (proof) => {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      writeFileSync(`${file}.new`, JSON.stringify(proof), { mode: 0o600, flush: true })
      renameSync(`${file}.new`, file)
    },
  }
}
