import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { JournalEntry, Projection } from '../ingest/journal-entry.ts'
import type { World } from '../world.ts'
import { type Crossing, judgeSighting, NEVER_SEEN, type ZoneState } from './crossing.ts'
import { type GoodFix, goodFixOf } from './good-fix.ts'
import type { ZoneShape } from './zone.ts'
import type { SavedStep, ZoneStore } from './zone-store.ts'

export type Zone = { readonly id: string; readonly name: string; readonly shape: ZoneShape }

/** Where a vehicle stands towards the zone of the contract; `inside` is null until several fixes have agreed. */
export type ZoneStanding = { readonly name: string; readonly inside: boolean | null; readonly since: EpochMs | null }

export type ZoneAlert = { readonly vehicleId: VehicleId; readonly zone: Zone; readonly crossing: Crossing }

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  /** The zone that the leasing contract names. */
  readonly zone: Zone
  /** Bound to a transaction: a crossing and the state that follows it are written together. */
  inTransaction<Result>(work: (store: ZoneStore) => Promise<Result>): Promise<Result>
  vehicleOf(gateway: JournalEntry['gateway'], at: EpochMs): VehicleId | undefined
  /** Called for every trusted crossing, before it is written and, after a crash, possibly again. */
  onCrossing(alert: ZoneAlert): Promise<void>
  changed(vehicleId: VehicleId): void
}

/** Beyond the border by at least this and by the fix's own error: a fix nearer speaks for neither side. */
const MARGIN_M = 50
/** A believed place alone may be this old on disk: after a crash it only makes more places reachable. */
const SAVE_EVERY_MS = 60_000

export type ZoneService = ReturnType<typeof createZoneService>

/** Follows the journal and says which vehicle truly left or entered the zone. */
export function createZoneService(deps: Deps) {
  const { zone, world } = deps
  const states = new Map<VehicleId, ZoneState>()
  const savedAt = new Map<VehicleId, EpochMs>()

  const judge = (state: ZoneState, fix: GoodFix) => {
    const side = zone.shape.inside(fix.lon, fix.lat) ? ('inside' as const) : ('outside' as const)
    const clear = zone.shape.borderDistanceM(fix.lon, fix.lat, MARGIN_M + fix.accuracyM) === Infinity
    return judgeSighting(state, { ...fix, side, clear })
  }

  const follow = async (vehicleId: VehicleId, fixes: readonly GoodFix[]): Promise<void> => {
    const before = states.get(vehicleId) ?? NEVER_SEEN
    let state = before
    const crossings: Crossing[] = []
    for (const fix of fixes) {
      const judged = judge(state, fix)
      state = judged.state
      if (judged.crossing !== null) crossings.push(judged.crossing)
    }
    if (state === before) return
    for (const crossing of crossings) await deps.onCrossing({ vehicleId, zone, crossing })
    await save({ vehicleId, zone: zone.id, state, crossings }, before)
    // Only now: had a step above failed, the same entries come again and must be judged from the old state.
    states.set(vehicleId, state)
    if (state.side !== before.side) deps.changed(vehicleId)
    for (const { from, to } of crossings) world.log.info({ vehicleId, zone: zone.id, from, to }, 'zone.crossed')
  }

  const save = async (step: SavedStep, before: ZoneState): Promise<void> => {
    const now = world.clock.now()
    const { state } = step
    const onlyMoved =
      state.side === before.side && state.candidate === before.candidate && state.stranger === before.stranger
    if (onlyMoved && now - (savedAt.get(step.vehicleId) ?? 0) < SAVE_EVERY_MS) return
    await deps.inTransaction((store) => store.save(step, now))
    savedAt.set(step.vehicleId, now)
  }

  const projection: Projection = {
    name: 'zones',
    apply: async (entries) => {
      const fixes = new Map<VehicleId, GoodFix[]>()
      for (const entry of entries) {
        const fix = entry.record.kind === 'frame' ? goodFixOf(entry.record, entry.receivedAt) : undefined
        const vehicleId = fix && deps.vehicleOf(entry.gateway, fix.at)
        if (fix === undefined || vehicleId === undefined) continue
        const seen = fixes.get(vehicleId)
        if (seen === undefined) fixes.set(vehicleId, [fix])
        else seen.push(fix)
      }
      for (const [vehicleId, seen] of fixes) await follow(vehicleId, seen)
    },
  }

  return {
    projection,
    /** Reads what was known before the restart; call once, before the projection runs. */
    load: async (): Promise<void> => {
      for (const row of await deps.inTransaction((store) => store.loadStates()))
        if (row.zone === zone.id) states.set(row.vehicleId, row.state)
    },
    standingOf: (vehicleId: VehicleId): ZoneStanding => {
      const { side, since } = states.get(vehicleId) ?? NEVER_SEEN
      return { name: zone.name, inside: side === 'unknown' ? null : side === 'inside', since }
    },
  }
}
