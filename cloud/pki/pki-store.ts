import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The authority's own files, PEM, in one folder that only the service's user can read. */
export type PkiStore = {
  read(name: PkiFile): string | undefined
  /** Replaces the file as a whole, on disk when it returns. */
  write(name: PkiFile, pem: string): void
}

export type PkiFile = 'ca.pem' | 'ca.key.pem' | 'server.pem' | 'server.key.pem' | 'revoked.pem'

export function createPkiStore(folder: string): PkiStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    read: (name) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), 'utf8') : undefined),
    write: (name, pem) => {
      writeFileSync(join(folder, `${name}.new`), pem, { mode: 0o600, flush: true })
      renameSync(join(folder, `${name}.new`), join(folder, name))
    },
  }
}
