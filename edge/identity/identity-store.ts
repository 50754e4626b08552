import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { Identity } from './identity.ts'

export type IdentityStore = {
  /** Undefined before the first claim; throws naming the file when it is there and cannot be understood. */
  load(): Identity | undefined
  save(identity: Identity): void
  /** Throws where nothing could be saved; asked before a claim, since a code works once. */
  mustTake(): void
}

/** One file, readable by its owner only, written aside and moved into place: whole or not at all. */
export function createIdentityStore(dir: string): IdentityStore {
  const file = join(dir, 'identity.json')
  const fresh = `${file}.new`
  const write = (text: string): void => {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const handle = openSync(fresh, 'w', 0o600)
    try {
      writeSync(handle, text)
      fsyncSync(handle)
    } finally {
      closeSync(handle)
    }
  }
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
      write(JSON.stringify(identity, undefined, 2))
      renameSync(fresh, file)
    },
    mustTake: () => {
      try {
        write('')
        rmSync(fresh)
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : cause
        throw new Error(`${dir} takes no file, so the code was not used: ${reason}`, { cause })
      }
    },
  }
}
