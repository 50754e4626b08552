import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Identity } from './identity.ts'

export type IdentityStore = {
  /** Undefined before the first claim; throws naming the file when it is there and cannot be understood. */
  load(): Identity | undefined
  save(identity: Identity): void
}

/** One file, readable by its owner only, written aside and moved into place: whole or not at all. */
export function createIdentityStore(dir: string): IdentityStore {
  const file = join(dir, 'identity.json')
  return {
    load: () => {
      if (!existsSync(file)) return undefined
      try {
        return Identity.parse(JSON.parse(readFileSync(file, 'utf8')))
      } catch (cause) {
        throw new Error(`${file} is not a gateway's identity`, { cause })
      }
    },
    save: (identity) => {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      const fresh = `${file}.new`
      const handle = openSync(fresh, 'w', 0o600)
      try {
        writeSync(handle, JSON.stringify(identity, undefined, 2))
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      renameSync(fresh, file)
    },
  }
}
