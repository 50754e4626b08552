import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { DocumentHash } from '#contract/configuration.ts'

const SealRecord = z.strictObject({
  schema: z.literal('kordon-seal/1'),
  state: z.enum(['sealed', 'broken']),
  at: z.iso.datetime({ offset: true }),
  by: z.string().min(1),
  /** `written`: by hand in the installation file, which holds for the wiring of that same file. */
  kind: z.enum(['sheet', 'written']),
  /** Of the sheet: the hash of wiring and of the profiles that speak for it. */
  binding: DocumentHash.exactOptional(),
  sheet: z.string().exactOptional(),
  /** The break has not reached the outbox yet. */
  untold: z.literal(true).exactOptional(),
})
export type SealRecord = z.infer<typeof SealRecord>

export type SealStore = {
  /** A file that cannot be understood is no seal. */
  load(): SealRecord | undefined
  /** On disk when it returns; throws when the disk refuses. */
  save(record: SealRecord): void
}

/** `seal.json` in the gateway's folder, written aside and moved into place. */
export function createSealStore(dir: string): SealStore {
  const file = join(dir, 'seal.json')
  return {
    load: () => {
      if (!existsSync(file)) return undefined
      try {
        return SealRecord.parse(JSON.parse(readFileSync(file, 'utf8')))
      } catch {
        return undefined
      }
    },
    save: (record) => {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      const handle = openSync(`${file}.new`, 'w', 0o600)
      try {
        writeSync(handle, `${JSON.stringify(record, null, 2)}\n`)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      renameSync(`${file}.new`, file)
    },
  }
}
