import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationMemory } from './configuration.ts'

export type ConfigurationStore = {
  /** Undefined before the first run, and when the file cannot be understood: then the technician's file counts. */
  load(): { readonly memory?: ConfigurationMemory; readonly damaged?: unknown }
  /** On disk when it returns; throws when the disk refuses, and then what was saved before stands. */
  save(memory: ConfigurationMemory): void
}

/** `configuration.json` in the gateway's folder, written aside and moved into place: whole or not at all. */
export function createConfigurationStore(dir: string): ConfigurationStore {
  const file = join(dir, 'configuration.json')
  return {
    load: () => {
      if (!existsSync(file)) return {}
      try {
        return { memory: ConfigurationMemory.parse(JSON.parse(readFileSync(file, 'utf8'))) }
      } catch (damaged) {
        return { damaged }
      }
    },
    save: (memory) => {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      const handle = openSync(`${file}.new`, 'w', 0o600)
      try {
        writeSync(handle, `${JSON.stringify(memory, null, 2)}\n`)
        fsyncSync(handle)
      } finally {
        closeSync(handle)
      }
      renameSync(`${file}.new`, file)
    },
  }
}
