import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { EpochMs } from '#contract/instant.ts'
import type { VehicleStore } from '../fleet/vehicle-store.ts'
import type { VehicleSituation } from '../holds/situation.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { Standing } from '../idle/idle.ts'
import type { LeaseFacts } from '../leases/lease-facts.ts'
import type { VehicleRow } from '../postgres/fleet-tables.ts'
import { cursorFrom, placeFrom } from './cursor.ts'
import type { Happening, TimelineStore } from './timeline-store.ts'
import {
  type LastKnownView,
  type Surroundings,
  type Upkeep,
  type VehicleView,
  vehicleView,
  type ZoneView,
} from './vehicle-view.ts'

export type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null }

export type VehicleService = {
  /** Faults: vehicle/unknown. */
  view(vehicle: VehicleId): Promise<VehicleView>
  /** Without those that do not exist, in any order. */
  viewsOf(vehicles: readonly VehicleId[]): Promise<readonly VehicleView[]>
  /** By plate; `q` is part of plate or model. Faults: list/bad-cursor. */
  views(query: ListQuery & { readonly parks: ParksInSight }): Promise<Page<VehicleView>>
  /** Newest first. Faults: vehicle/unknown, list/bad-cursor. */
  timeline(vehicle: VehicleId, query: Omit<ListQuery, 'q'>): Promise<Page<Happening>>
}

export type ListQuery = {
  readonly q?: string | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

/** What other slices know of vehicles; a vehicle they do not know is absent from the answer. */
export type Knowledge = {
  lastKnownOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, LastKnownView>>
  zoneOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, ZoneView>>
  leaseFactsOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, LeaseFacts>>
  upkeepOf(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, Upkeep>>
  /** The one reason why it earns nothing, or that it is on the line. */
  idleOf?(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, { readonly standing: Standing }>>
  surroundingsOf?(vehicles: readonly VehicleId[]): Promise<ReadonlyMap<VehicleId, Surroundings>>
}

type Deps = Knowledge & {
  readonly vehicles: Pick<VehicleStore, 'find' | 'list' | 'findAll'>
  readonly timeline: TimelineStore
  readonly situationsOf: (vehicles: readonly VehicleId[]) => Promise<ReadonlyMap<VehicleId, VehicleSituation>>
  readonly signerReach: () => 'up' | 'down' | 'unknown'
  /** Shown for vehicles whose side is not known. */
  readonly zoneName: string
}

const VehiclePlace = z.strictObject({ plate: z.string(), id: VehicleId })
const HappeningPlace = z.strictObject({ at: EpochMs, key: z.string() })

/** Puts together what REST and the live feed show of a vehicle. */
export function createVehicleService(deps: Deps): VehicleService {
  const assemble = async (rows: readonly VehicleRow[]): Promise<readonly VehicleView[]> => {
    const ids = rows.map((row) => row.id)
    const [situations, lastKnown, zones, leasing, upkeep, surroundings, idle] = await Promise.all([
      deps.situationsOf(ids),
      deps.lastKnownOf(ids),
      deps.zoneOf(ids),
      deps.leaseFactsOf(ids),
      deps.upkeepOf(ids),
      deps.surroundingsOf?.(ids),
      deps.idleOf?.(ids),
    ])
    return rows.flatMap((row) => {
      const known = situations.get(row.id)
      if (known === undefined) return []
      const zone = zones.get(row.id) ?? { name: deps.zoneName, inside: null, since: null }
      return [
        vehicleView({
          row,
          known,
          signer: deps.signerReach(),
          lastKnown: lastKnown.get(row.id) ?? null,
          zone,
          surroundings: surroundings?.get(row.id),
          leasing: leasing.get(row.id),
          upkeep: upkeep.get(row.id),
          idle: idle?.get(row.id),
        }),
      ]
    })
  }
  const existing = async (id: VehicleId): Promise<VehicleRow> => {
    const row = await deps.vehicles.find(id)
    if (row === undefined) throw new Fault('vehicle/unknown')
    return row
  }
  return {
    view: async (id) => {
      const [view] = await assemble([await existing(id)])
      if (view === undefined) throw new Fault('vehicle/unknown')
      return view
    },
    viewsOf: async (ids) => assemble(await deps.vehicles.findAll(ids)),
    views: async ({ q, parks, limit, cursor }) => {
      const rows = await deps.vehicles.list({ q, parks, limit: limit + 1, after: placeFrom(VehiclePlace, cursor) })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      const nextCursor = last === undefined ? null : cursorFrom({ plate: last.plate, id: last.id })
      return { items: await assemble(page), nextCursor }
    },
    timeline: async (id, { limit, cursor }) => {
      await existing(id)
      const found = await deps.timeline.page(id, limit + 1, placeFrom(HappeningPlace, cursor))
      const items = found.slice(0, limit)
      const last = found.length > limit ? items.at(-1) : undefined
      return { items, nextCursor: last === undefined ? null : cursorFrom({ at: last.at, key: last.key }) }
    },
  }
}
