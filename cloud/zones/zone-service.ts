import type { VehicleId } from '#contract/ids.ts'
import { type EpochMs, epochMs, later } from '#contract/instant.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { type Crossing, judgedThrough, type ZoneState } from './crossing.ts'
import { isClaimedByMany, LEAP_COUNTS } from './fleet-disagreement.ts'
import { type GoodFix, goodFixOf, isDoubtful } from './good-fix.ts'
import { type Around, type Doubt, doubtOf, follow, NEW_TRACK, type Track } from './track.ts'
import type { ZoneShape } from './zone.ts'
import type { ZoneMap } from './zone-map.ts'
import type { SidePolicy } from './zone-policy.ts'
import type { SavedCrossing, SavedState, ZoneStore } from './zone-store.ts'

export type Zone = { readonly id: string; readonly name: string }

export type ZoneAlert = {
  readonly vehicleId: VehicleId
  readonly zone: Zone & { readonly kind: 'work' | 'parking' | 'forbidden' | 'never_block' }
  readonly crossing: Crossing
}

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  /** The zone that the leasing contract names. */
  readonly zone: Zone & { readonly shape: ZoneShape }
  readonly policy: () => Promise<SidePolicy>
  /** The drawn zones as they are now. */
  readonly map: () => Promise<ZoneMap>
  /** `shared`: other instances hear part of the same vehicles, so that only the database knows where they stand. */
  readonly states: 'own' | 'shared'
  /** Bound to a transaction: crossings, the states that follow them and what is told of them are written together. */
  readonly inTransaction: Postgres['inTransaction']
  readonly zoneStore: (db: Db) => ZoneStore
  vehicleOf(gateway: JournalEntry['gateway'], at: EpochMs): VehicleId | undefined
  /** Within the transaction in which a trusted crossing is written: tells those who act upon it. */
  onCrossing(alert: ZoneAlert, within: Db): Promise<void>
  /** After it is written; after a crash possibly not. */
  crossed(alert: ZoneAlert): void
  changed(vehicle: VehicleId): void
}

/** What one batch says about one vehicle. */
type Heard = { readonly fixes: GoodFix[]; doubtfulAt: number }

/** A believed place alone may be this old on disk: after a crash it only makes more places reachable. */
const SAVE_EVERY_MS = 60_000
/** A car that many others disagree with stays in doubt for as long as their leaps count. */
const FLEET_DOUBT = LEAP_COUNTS
const VEHICLES_AT_ONCE = 200

export type ZoneService = { readonly projection: Projection; load(): Promise<void> }

/** Follows the journal and says which vehicle truly left or entered which zone. */
export function createZoneService(deps: Deps): ZoneService {
  const { zone, world } = deps
  const tracks = new Map<VehicleId, Track>()
  const doubts = new Map<VehicleId, { readonly cause: Doubt; readonly since: EpochMs }>()
  const savedAt = new Map<VehicleId, EpochMs>()

  const remember = async (store: ZoneStore, vehicles?: readonly VehicleId[]): Promise<void> => {
    for (const vehicle of vehicles ?? []) {
      tracks.delete(vehicle)
      doubts.delete(vehicle)
    }
    for (const { vehicleId, zone: id, state } of await store.states(vehicles)) {
      const { work, places } = tracks.get(vehicleId) ?? NEW_TRACK
      tracks.set(
        vehicleId,
        id === zone.id ? { work: state, places } : { work, places: new Map([...places, [id, state]]) },
      )
    }
    for (const { vehicleId, ...doubt } of await store.doubts(vehicles)) doubts.set(vehicleId, doubt)
  }

  /** Judges what one vehicle said; tells it, and answers what to save, and to keep in memory once that has been committed. */
  const judge = async (within: Db, vehicleId: VehicleId, heard: Heard, around: Around) => {
    const before = tracks.get(vehicleId) ?? NEW_TRACK
    const store = deps.zoneStore(within)
    const now = world.clock.now()
    const alerts: ZoneAlert[] = []
    let track = before
    let isDenied = false
    for (const fix of heard.fixes) {
      const step = follow(track, fix, around)
      const { crossing } = step
      if (crossing?.to === 'outside' && (await isDeceit(store, vehicleId, crossing))) {
        isDenied = true
        track = { ...step.track, work: { ...track.work, believed: step.track.work.believed, candidate: null } }
        continue
      }
      track = step.track
      const work = { id: zone.id, name: zone.name, kind: 'work' as const }
      if (crossing !== null) alerts.push({ vehicleId, zone: work, crossing })
      for (const one of step.placeCrossings) alerts.push({ vehicleId, zone: one.zone, crossing: one.crossing })
    }
    const doubt = nextDoubt(vehicleId, track, heard, isDenied, now)
    for (const alert of alerts) await tell(within, alert, now)
    const isWorkDue = isDue(vehicleId, before.work, track.work, now)
    const states = changedStates(vehicleId, before, track, isWorkDue ? 'with work' : 'places alone')
    const isSwitched = await saveDoubt(store, vehicleId, doubt)
    const isChanged = isSwitched || sidesOf(before) !== sidesOf(track)
    return { vehicleId, track, doubt, alerts, states, isWorkDue, isChanged }
  }

  /** Before any of the batch is judged: cars that leap together are seen together, whichever comes first. */
  const noteLeaps = async (store: ZoneStore, vehicleId: VehicleId, heard: Heard, around: Around): Promise<void> => {
    let track = tracks.get(vehicleId) ?? NEW_TRACK
    for (const fix of heard.fixes) {
      const step = follow(track, fix, around)
      if (step.leapFrom !== null) await store.addLeap(leapOf(vehicleId, fix, step.leapFrom))
      track = step.track
    }
  }

  const isDeceit = async (store: ZoneStore, vehicleId: VehicleId, crossing: Crossing): Promise<boolean> => {
    const leaps = await store.leapsSince(epochMs(crossing.at - LEAP_COUNTS))
    const claim = { vehicleId, at: crossing.at, lat: crossing.lat, lon: crossing.lon }
    return isClaimedByMany(claim, leaps)
  }

  const tell = async (within: Db, alert: ZoneAlert, now: EpochMs): Promise<void> => {
    const saved: SavedCrossing = { vehicleId: alert.vehicleId, zone: alert.zone.id, crossing: alert.crossing }
    if (await deps.zoneStore(within).addCrossing(saved, now)) await deps.onCrossing(alert, within)
  }

  const nextDoubt = (vehicleId: VehicleId, { work }: Track, heard: Heard, isDenied: boolean, now: EpochMs) => {
    const known = doubts.get(vehicleId)
    if (isDenied) return { cause: 'fleet' as const, since: known?.since ?? now }
    if (known?.cause === 'fleet' && now < later(known.since, FLEET_DOUBT)) return known
    const through = judgedThrough(work)
    const cause = doubtOf(work, heard.doubtfulAt > through ? 'doubtful' : 'sure')
    if (cause === null) return undefined
    return cause === known?.cause ? known : { cause, since: known?.since ?? now }
  }

  const changedStates = (
    vehicleId: VehicleId,
    before: Track,
    { work, places }: Track,
    which: 'with work' | 'places alone',
  ): readonly SavedState[] => {
    const changed = [...places].filter(([id, state]) => state !== before.places.get(id))
    const states = changed.map(([id, state]) => ({ vehicleId, zone: id, state }))
    return which === 'with work' ? [...states, { vehicleId, zone: zone.id, state: work }] : states
  }

  const isDue = (vehicleId: VehicleId, was: ZoneState, is: ZoneState, now: EpochMs): boolean => {
    if (was === is) return false
    const onlyMoved = is.side === was.side && is.candidate === was.candidate && is.stranger === was.stranger
    return !onlyMoved || deps.states === 'shared' || now - (savedAt.get(vehicleId) ?? 0) >= SAVE_EVERY_MS
  }

  /** Where a vehicle has come to, if nothing about it need be written: of nearly all batches this is all there is. */
  const quietly = (vehicleId: VehicleId, heard: Heard, around: Around): Track | undefined => {
    if (deps.states === 'shared') return undefined
    const before = tracks.get(vehicleId) ?? NEW_TRACK
    let track = before
    for (const fix of heard.fixes) {
      const step = follow(track, fix, around)
      if (step.leapFrom !== null || step.crossing !== null || step.track.places !== track.places) return undefined
      track = step.track
    }
    const now = world.clock.now()
    if (isDue(vehicleId, before.work, track.work, now)) return undefined
    const doubt = nextDoubt(vehicleId, track, heard, false, now)
    return doubt?.cause === doubts.get(vehicleId)?.cause ? track : undefined
  }

  const saveDoubt = async (store: ZoneStore, vehicleId: VehicleId, doubt: ReturnType<typeof nextDoubt>) => {
    const known = doubts.get(vehicleId)
    if (known?.cause === doubt?.cause) return false
    if (doubt === undefined) await store.endDoubt(vehicleId)
    else await store.setDoubt({ vehicleId, ...doubt })
    return true
  }

  const take = async (heard: readonly (readonly [VehicleId, Heard])[], around: Around): Promise<void> => {
    const ends = await deps.inTransaction(async (within) => {
      const store = deps.zoneStore(within)
      const vehicles = heard.map(([vehicle]) => vehicle)
      if (deps.states === 'shared') {
        await store.lock(vehicles)
        await remember(store, vehicles)
      }
      for (const [vehicle, said] of heard) await noteLeaps(store, vehicle, said, around)
      const judged = []
      for (const [vehicle, said] of heard) judged.push(await judge(within, vehicle, said, around))
      const states = judged.flatMap((one) => one.states)
      await store.saveStates(states, world.clock.now())
      return judged
    })
    // Only now: had a step above failed, the same entries come again and must be judged from the old state.
    for (const { vehicleId, track, doubt, alerts, isWorkDue, isChanged } of ends) {
      tracks.set(vehicleId, track)
      if (doubt === undefined) doubts.delete(vehicleId)
      else doubts.set(vehicleId, doubt)
      if (isWorkDue) savedAt.set(vehicleId, world.clock.now())
      if (isChanged) deps.changed(vehicleId)
      for (const alert of alerts) deps.crossed(alert)
      for (const { zone: of, crossing } of alerts)
        world.log.info({ vehicleId, zone: of.id, from: crossing.from, to: crossing.to }, 'zone.crossed')
    }
  }

  return {
    projection: {
      name: 'zones',
      apply: async (entries) => {
        const heard = [...heardIn(entries, deps.vehicleOf)]
        if (heard.length === 0) return
        const around = { work: zone.shape, policy: await deps.policy(), map: await deps.map() }
        const loud = heard.filter(([vehicle, said]) => {
          const track = quietly(vehicle, said, around)
          if (track !== undefined) tracks.set(vehicle, track)
          return track === undefined
        })
        for (let from = 0; from < loud.length; from += VEHICLES_AT_ONCE)
          await take(loud.slice(from, from + VEHICLES_AT_ONCE), around)
      },
    },
    /** Reads what was known before the restart; call once, before the projection runs. */
    load: () => deps.inTransaction((within) => remember(deps.zoneStore(within))),
  }
}

function heardIn(entries: readonly JournalEntry[], vehicleOf: Deps['vehicleOf']): Map<VehicleId, Heard> {
  const heard = new Map<VehicleId, Heard>()
  for (const { record, receivedAt, gateway } of entries) {
    if (record.kind !== 'frame') continue
    const fix = goodFixOf(record, receivedAt)
    const vehicleId =
      fix === undefined && !isDoubtful(record, receivedAt) ? undefined : vehicleOf(gateway, record.readAt)
    if (vehicleId === undefined) continue
    const said = heard.get(vehicleId) ?? { fixes: [], doubtfulAt: -Infinity }
    heard.set(vehicleId, said)
    if (fix === undefined) said.doubtfulAt = Math.max(said.doubtfulAt, record.readAt)
    else said.fixes.push(fix)
  }
  return heard
}

const leapOf = (
  vehicleId: VehicleId,
  { at, lat, lon }: GoodFix,
  from: { readonly lat: number; readonly lon: number },
) => ({
  vehicleId,
  at,
  lat,
  lon,
  fromLat: from.lat,
  fromLon: from.lon,
})

const sidesOf = ({ work, places }: Track): string =>
  [work.side, ...[...places].map(([id, { side }]) => `${id} ${side}`)].join()
