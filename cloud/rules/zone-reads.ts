import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ReadHandler } from './ports.ts'

type Standing = { readonly inside: boolean | null; readonly since: EpochMs | null }
type ZoneOf = (vehicles: readonly VehicleId[]) => Promise<ReadonlyMap<VehicleId, Standing>>

/** Where vehicles stand towards one zone, as a read of rules: another zone, or a side not yet trusted, is unknown. */
export function zoneReads(zoneOf: ZoneOf, zone: { readonly id: string }): ReadHandler {
  return async (asks) => {
    const standings = await zoneOf([...new Set(asks.flatMap(({ subject }) => subject.vehicleId ?? []))])
    return asks.map(({ subject, args }) => {
      const standing = subject.vehicleId && standings.get(subject.vehicleId)
      if (!standing || standing.inside === null || args['zone'] !== zone.id) return { value: undefined }
      return {
        value:
          standing.since === null ? { inside: standing.inside } : { inside: standing.inside, since: standing.since },
      }
    })
  }
}
