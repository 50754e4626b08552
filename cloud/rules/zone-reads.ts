import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ReadHandler } from './ports.ts'

type Standing = {
  readonly inside: boolean | null
  readonly since: EpochMs | null
  readonly provedAt?: EpochMs | null
}
/** Towards one zone, by its id; a vehicle whose position is not trusted is absent. */
type TrustedIn = (zone: string, vehicles: readonly VehicleId[]) => Promise<ReadonlyMap<VehicleId, Standing>>

/** Where vehicles stand towards a zone, as a read of rules: a side that is not trusted is unknown. */
export function zoneReads(trustedIn: TrustedIn): ReadHandler {
  return async (asks) => {
    const vehiclesOf = Map.groupBy(asks, ({ args }) => args['zone'])
    const known = new Map<unknown, Awaited<ReturnType<TrustedIn>>>()
    for (const [zone, own] of vehiclesOf)
      if (typeof zone === 'string')
        known.set(zone, await trustedIn(zone, [...new Set(own.flatMap(({ subject }) => subject.vehicleId ?? []))]))
    return asks.map(({ subject, args }) => {
      const standing = subject.vehicleId && known.get(args['zone'])?.get(subject.vehicleId)
      if (!standing || standing.inside === null) return { value: undefined }
      const { inside, since, provedAt } = standing
      return { value: since === null ? { inside } : { inside, since }, asOf: provedAt ?? undefined }
    })
  }
}

type OutageOf = (vehicles: readonly VehicleId[]) => Promise<ReadonlyMap<VehicleId, boolean>>

/** Whether a vehicle is silent together with its district. */
export function outageReads(outageOf: OutageOf): ReadHandler {
  return async (asks) => {
    const known = await outageOf([...new Set(asks.flatMap(({ subject }) => subject.vehicleId ?? []))])
    return asks.map(({ subject }) => ({ value: subject.vehicleId && known.get(subject.vehicleId) }))
  }
}
