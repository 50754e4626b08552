import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { DeviceId } from '#contract/ids.ts'
import { FixedByteOrder } from '#contract/profile.ts'

const Lock = z.strictObject({ profile: z.string(), order: FixedByteOrder })
const File = z.strictObject({ schema: z.literal('kordon-byte-orders/1'), devices: z.record(z.string(), Lock) })
type File = z.infer<typeof File>

/** Float orders that the gateway has found out, in `byte-orders.json` beside its state. */
export type ByteOrderStore = {
  /** Undefined for a device that has none yet, or that has become another model since. */
  find(device: DeviceId, profile: string): FixedByteOrder | undefined
  /** On disk when this returns. Throws when the disk refuses. */
  save(device: DeviceId, profile: string, order: FixedByteOrder): void
}

/** A file that is absent or damaged holds nothing: the orders are found out again. */
export function createByteOrderStore(dir: string): ByteOrderStore {
  const path = join(dir, 'byte-orders.json')
  const load = (): File => {
    try {
      return File.parse(JSON.parse(readFileSync(path, 'utf8')))
    } catch {
      return { schema: 'kordon-byte-orders/1', devices: {} }
    }
  }
  return {
    find: (device, profile) => {
      const lock = load().devices[device]
      return lock?.profile === profile ? lock.order : undefined
    },
    save: (device, profile, order) => {
      const file: File = load()
      const next: File = { ...file, devices: { ...file.devices, [device]: { profile, order } } }
      const half = openSync(`${path}.new`, 'w', 0o600)
      try {
        writeSync(half, `${JSON.stringify(next, null, 2)}\n`)
        fsyncSync(half)
      } finally {
        closeSync(half)
      }
      renameSync(`${path}.new`, path)
    },
  }
}
