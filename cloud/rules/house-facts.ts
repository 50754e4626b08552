import { type Clock, type EpochMs, later, minutes } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import { DriverId } from '../drivers/driver.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import { lengthOf } from '../policies/policy.ts'
import type { FactRead } from '../processes/notation/read.ts'
import { leaseStatesOf } from './lease-scope.ts'
import type { Addressed, ReadHandler, Subject, SubjectSource } from './ports.ts'
import type { HeldForDebt, LeaseParts, SubjectStore } from './subject-store.ts'

/** Facts of vehicles or drivers that another slice keeps, with when each was true at its source. */
export type FactsOf = { readonly facts: Facts; readonly asOf?: Readonly<Record<string, EpochMs>> | undefined }
export type FactSource = (ids: readonly string[]) => Promise<ReadonlyMap<string, FactsOf>>
export type FactSources = { readonly vehicle: readonly FactSource[]; readonly driver: readonly FactSource[] }
/** Ids of those who have this permit now. */
export type PermitSource = (ids: readonly string[], now: EpochMs) => Promise<ReadonlySet<string>>

/**
 * Subjects the house knows without cards: running leases, with or without each of their drivers; vehicles, or each driver for
 * whose debt a vehicle is held; drivers.
 */
export function houseSubjects(
  store: SubjectStore,
  sources: () => FactSources,
  { now }: Pick<Clock, 'now'>,
): SubjectSource {
  return async (scope, only) => {
    const about = only ?? {}
    if (scope === undefined) return only === undefined ? [] : withFacts([eventAlone(about)], store, sources())
    const states = leaseStatesOf(scope)
    if (states !== undefined) {
      const leaseId = about.subject?.startsWith('lease:') === true ? about.subject.slice('lease:'.length) : undefined
      const leases = await store.leasesIn(states, { vehicleId: about.vehicleId, driverId: about.driverId, leaseId })
      const subjects = scope.each?.name === 'driver' ? leases.flatMap(byDriver) : leases.map(whole)
      const wanted =
        about.driverId === undefined || scope.each === undefined
          ? subjects
          : subjects.filter(({ driverId }) => driverId === about.driverId)
      return withFacts(wanted, store, sources())
    }
    if (scope.entity?.name === 'vehicle' && scope.each?.name === 'driver') {
      if (about.vehicleId === undefined && about.driverId === undefined && only !== undefined) return []
      return withFacts((await store.heldForDebt(about, later(now(), -SEEN_AGAIN))).map(debtOf), store, sources())
    }
    if (scope.entity?.name === 'vehicle') {
      if (about.vehicleId === undefined && only !== undefined) return []
      const vehicles = await store.vehicles(about.vehicleId)
      return withFacts(
        vehicles.map(({ id, plate, model }) => ({
          ...NOBODY,
          id: `vehicle:${id}`,
          vehicleId: id,
          facts: { vehicle: { id, plate, model } },
        })),
        store,
        sources(),
      )
    }
    if (scope.entity?.name === 'driver') {
      if (about.driverId === undefined && only !== undefined) return []
      const drivers = await store.drivers(about.driverId)
      return withFacts(
        drivers.map(({ id }) => ({ ...NOBODY, id: `driver:${id}`, driverId: id, facts: { driver: { id } } })),
        store,
        sources(),
      )
    }
    return undefined
  }
}

/** Seen once more after it was lifted, so that the rule which lifted it is ready for the next one. */
const SEEN_AGAIN = minutes(7 * 24 * 60)
const NOBODY = { eachKey: '', vehicleId: undefined, driverId: undefined, asOf: {} }

/** A rule without `for` looks at the event, and at whom the event itself is about. */
const eventAlone = ({ vehicleId, driverId, subject }: Addressed): Subject => ({
  ...NOBODY,
  id:
    subject ??
    (vehicleId === undefined ? (driverId === undefined ? 'event' : `driver:${driverId}`) : `vehicle:${vehicleId}`),
  vehicleId,
  driverId,
  facts: {
    ...(vehicleId === undefined ? {} : { vehicle: { id: vehicleId } }),
    ...(driverId === undefined ? {} : { driver: { id: driverId } }),
  },
})

const base = ({ leaseId, vehicleId, plate, model, drivers }: LeaseParts) => ({
  ...NOBODY,
  id: `lease:${leaseId}`,
  vehicleId,
  facts: { deal: { id: leaseId, vehicle: vehicleId, drivers: [...drivers] }, vehicle: { id: vehicleId, plate, model } },
})
const byDriver = (parts: LeaseParts): readonly Subject[] =>
  parts.drivers.map((driverId) => {
    const subject = base(parts)
    return { ...subject, eachKey: driverId, driverId, facts: { ...subject.facts, driver: { id: driverId } } }
  })
/** Whose debt holds a car, whether or not he has anything to do with it any more. */
const debtOf = ({ vehicleId, plate, model, driverId, leaseId, drivers }: HeldForDebt): Subject => ({
  ...NOBODY,
  id: `vehicle:${vehicleId}`,
  eachKey: driverId,
  vehicleId,
  driverId,
  facts: {
    deal: { ...(leaseId === null ? {} : { id: leaseId }), vehicle: vehicleId, drivers: [...drivers] },
    vehicle: { id: vehicleId, plate, model },
    driver: { id: driverId },
  },
})
const whole = (parts: LeaseParts): Subject => {
  const subject = base(parts)
  const [only, another] = parts.drivers
  return only === undefined || another !== undefined
    ? subject
    : { ...subject, driverId: only, facts: { ...subject.facts, driver: { id: only } } }
}

async function withFacts(
  subjects: readonly Subject[],
  store: SubjectStore,
  sources: FactSources,
): Promise<readonly Subject[]> {
  const vehicles = [...new Set(subjects.flatMap(({ vehicleId }) => vehicleId ?? []))]
  const drivers = [...new Set(subjects.flatMap(({ driverId }) => driverId ?? []))]
  const holds = await store.holds(vehicles)
  const more = {
    vehicle: await Promise.all(sources.vehicle.map((source) => source(vehicles))),
    driver: await Promise.all(sources.driver.map((source) => source(drivers))),
  }
  return subjects.map((subject) => {
    const standing = subject.vehicleId === undefined ? [] : (holds.get(subject.vehicleId) ?? [])
    const reasons = [...new Set(standing.map(({ reason }) => reason))].sort()
    const facts: Record<string, Fact> = { ...subject.facts }
    const asOf: Record<string, EpochMs> = {}
    for (const kind of ['vehicle', 'driver'] as const) {
      const id = kind === 'vehicle' ? subject.vehicleId : subject.driverId
      const own = recordAt(facts, kind)
      if (id === undefined || own === undefined) continue
      const found = more[kind].flatMap((source) => source.get(id) ?? [])
      facts[kind] = Object.assign(
        {},
        own,
        kind === 'vehicle' ? { holds: reasons } : {},
        ...found.map((one) => one.facts),
      )
      for (const one of found) for (const [field, at] of Object.entries(one.asOf ?? {})) asOf[`${kind}.${field}`] = at
    }
    return { ...subject, facts, asOf }
  })
}

const recordAt = (facts: Facts, name: string): Facts | undefined => {
  const found = facts[name]
  return typeof found === 'object' && found !== null && !Array.isArray(found) && !('length' in found)
    ? { ...found }
    : undefined
}

const idOf = (read: { readonly of: { readonly name: string } }, subject: Subject): string | undefined =>
  read.of.name === 'driver' ? subject.driverId : read.of.name === 'vehicle' ? subject.vehicleId : undefined

/** Reads over the house's own tables. `permits` are given by whoever grants them. */
export function houseReads(
  store: SubjectStore,
  permits: () => ReadonlyMap<string, PermitSource>,
): ReadonlyMap<FactRead['kind'], ReadHandler> {
  const balanceOf: ReadHandler = async (asks, now) => {
    const balances = await store.balances(driversOf(asks.map(({ subject }) => subject)))
    return asks.map(({ subject, args, read }) => {
      const balance = subject.driverId && balances.get(subject.driverId)
      const maxAge = lengthIn(args['maxAge'])
      const bounded = read.kind === 'balance_of' && read.maxAge !== undefined
      if (!balance || (bounded && (maxAge === undefined || now - balance.asOf > maxAge))) return { value: undefined }
      return { value: { kopecks: balance.kopecks, asOf: balance.asOf }, asOf: balance.asOf }
    })
  }
  const shiftOf: ReadHandler = async (asks) => {
    const shifts = await store.shifts(vehiclesOf(asks.map(({ subject }) => subject)))
    return asks.map(({ subject }) => {
      const shift = subject.vehicleId && shifts.get(subject.vehicleId)
      // Known that nobody's shift is open: the fields are absent, the record is there.
      return { value: shift ? { driver: shift.driverId, since: shift.since } : {} }
    })
  }
  const held: ReadHandler = async (asks) => {
    const holds = await store.holds(vehiclesOf(asks.map(({ subject }) => subject)))
    return asks.map(({ read, args, subject }) => {
      if (read.kind !== 'held' || subject.vehicleId === undefined) return { value: undefined }
      const key = args['key']
      if (read.key !== undefined && typeof key !== 'string') return { value: undefined }
      const standing = holds.get(subject.vehicleId) ?? []
      return {
        value: standing.some((hold) => hold.reason === read.reason && (typeof key !== 'string' || hold.key === key)),
      }
    })
  }
  const permit: ReadHandler = async (asks, now) => {
    const [first] = asks
    if (first?.read.kind !== 'permit') return asks.map(() => ({ value: undefined }))
    const { read } = first
    const source = permits().get(read.name.name)
    if (source === undefined) return asks.map(() => ({ value: undefined }))
    const ids = asks.map(({ subject }) => idOf(read, subject))
    const granted = await source([...new Set(ids.flatMap((id) => id ?? []))], now)
    return ids.map((id) => ({ value: id === undefined ? undefined : granted.has(id) }))
  }
  return new Map<FactRead['kind'], ReadHandler>([
    ['balance_of', balanceOf],
    ['shift_of', shiftOf],
    ['held', held],
    ['permit', permit],
  ])
}

const driversOf = (subjects: readonly Subject[]) => [...new Set(subjects.flatMap(({ driverId }) => driverId ?? []))]
const vehiclesOf = (subjects: readonly Subject[]) => [...new Set(subjects.flatMap(({ vehicleId }) => vehicleId ?? []))]
const lengthIn = (value: Fact): number | undefined =>
  typeof value === 'number' ? value : typeof value === 'string' ? lengthOf(value) : undefined

/** Promises to pay, as a permit of a driver. */
export const promisePermit =
  (store: SubjectStore): PermitSource =>
  async (ids, now) =>
    store.promises(
      ids.flatMap((id) => DriverId.safeParse(id).data ?? []),
      now,
    )

/** What the ledger says of drivers' promises. */
export const promiseFacts =
  (store: SubjectStore): FactSource =>
  async (ids) => {
    const broken = await store.brokenPromises(ids.flatMap((id) => DriverId.safeParse(id).data ?? []))
    return new Map([...broken].map(([id, at]) => [id, { facts: { promiseBrokenAt: at } }]))
  }

/** Pure. A word that names a reason of a hold. */
export const holdReasonOf = (word: string): HoldReason | undefined => HoldReason.safeParse(word).data
