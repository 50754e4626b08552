import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What simulated metal keeps while the demo is off: a coil stays as it is, a car stands where it stood. */
export const VehicleMemory = z.strictObject({
  position: z.strictObject({ lat: z.number(), lon: z.number() }).exactOptional(),
  courseDeg: z.number(),
  odometerM: z.number(),
  coils: z.array(z.boolean()),
})
export type VehicleMemory = z.infer<typeof VehicleMemory>

export type VehicleMemoryStore = { recall(): VehicleMemory | undefined; keep(memory: VehicleMemory): void }

/** One JSON file per vehicle, replaced as a whole; an unreadable one counts as none. */
export function createVehicleMemoryStore(dir: string): VehicleMemoryStore {
  const path = join(dir, 'hardware.json')
  return {
    recall: () => {
      try {
        const parsed = VehicleMemory.safeParse(JSON.parse(readFileSync(path, 'utf8')))
        return parsed.success ? parsed.data : undefined
      } catch {
        return undefined
      }
    },
    keep: (memory) => {
      mkdirSync(dir, { recursive: true })
      writeFileSync(`${path}.new`, JSON.stringify(memory))
      renameSync(`${path}.new`, path)
    },
  }
}
