import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import { Instant, seconds } from '#contract/instant.ts'
import type { Projection } from '../ingest/journal-entry.ts'
import type { Jobs } from '../jobs/jobs.ts'
import type { Alert } from '../live/live-message.ts'
import { createParkStore } from '../parks/park-store.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { PermitSource } from '../rules/house-facts.ts'
import type { RuleEvent } from '../rules/ports.ts'
import type { World } from '../world.ts'
import { createConditionRoutes } from './condition-routes.ts'
import { type ConditionService, createConditionService } from './condition-service.ts'
import { createConditionStore } from './condition-store.ts'
import { createDrawnZoneService } from './drawn-zone-service.ts'
import { createDrawnZoneStore } from './drawn-zone-store.ts'
import { createPermitRoutes } from './permit-routes.ts'
import { createPermitService, type PermitService } from './permit-service.ts'
import { createPermitStore } from './permit-store.ts'
import { polygonsOf } from './polygon.ts'
import { createStandingService, type StandingService } from './standing-service.ts'
import { createZoneShape } from './zone.ts'
import { workPolicy, type ZoneSettings } from './zone-policy.ts'
import { createZoneRoutes, type ZoneDetail, type ZoneFeature } from './zone-routes.ts'
import { createZoneService, type ZoneAlert } from './zone-service.ts'
import { createZoneStore, readZoneGeometry } from './zone-store.ts'

/** The zone of work. `regions`: the names of what it is made of, by which applications of other places are refused. */
export const REGION = {
  id: 'moscow-region',
  name: 'Москва и Московская область',
  regions: ['Москва', 'Московская область'],
} as const
const ATTRIBUTION = '© OpenStreetMap contributors'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  readonly jobs: Jobs
  readonly settings: () => Promise<ZoneSettings>
  /** `shared`: other instances hear part of the same vehicles. */
  readonly states: 'own' | 'shared'
  readonly lines: Parameters<typeof createConditionService>[0]['lines']
  vehicleOf: Parameters<typeof createZoneService>[0]['vehicleOf']
  /** Wakes rules, if and only if the transaction commits. */
  emit(event: RuleEvent, within: Db): Promise<void>
  changed(vehicle: VehicleId): void
  alert(alert: Alert): void
}

export type Zones = StandingService & {
  readonly projection: Projection
  readonly routes: readonly FastifyPluginAsyncZod[]
  readonly conditions: ConditionService
  readonly leavePermit: PermitSource
  /** Gives a permit of a vehicle within the caller's transaction; rules hear of it. */
  readonly grantWithin: PermitService['grantWithin']
  readonly driveUsed: PermitService['driveUsed']
  /** Reads what was known before the restart; to be awaited before the projection runs. */
  open(): Promise<void>
}

/** Wires zones, permits and the fleet's conditions; starts nothing. Rules act on what these tell; nothing here does. */
export function createZones(parts: Parts): Zones {
  const { world, db, inTransaction, jobs, changed } = parts
  const exact = readZoneGeometry('moscow-region')
  const overview = readZoneGeometry('moscow-region-overview')
  const zone = { ...REGION, shape: createZoneShape(polygonsOf(exact)) }
  const parks = createParkStore(db)

  const conditions = createConditionService({
    ...world,
    db,
    inTransaction,
    zoneId: zone.id,
    zoneStore: createZoneStore,
    conditionStore: createConditionStore,
    lines: parts.lines,
    changed,
  })
  const drawn = createDrawnZoneService({
    ...world,
    db,
    inTransaction,
    drawnZoneStore: createDrawnZoneStore,
    parkExists: async (park) => (await parks.find(park)) !== undefined,
  })
  const permits = createPermitService({
    ...world,
    db,
    inTransaction,
    permitStore: createPermitStore,
    inSight: parks.inSight,
    happened: ({ id, vehicleId, at, change }, within) =>
      parts.emit(
        { id: `permit ${id} ${change}`, name: 'permit.changed', at, payload: {}, about: { vehicleId } },
        within,
      ),
    changed,
  })
  const service = createZoneService({
    world,
    zone,
    policy: async () => workPolicy(await parts.settings()),
    map: drawn.map,
    states: parts.states,
    inTransaction,
    zoneStore: createZoneStore,
    vehicleOf: parts.vehicleOf,
    onCrossing: (alert, within) => parts.emit(eventOf(alert), within),
    crossed: (alert) => {
      if (alert.zone.kind === 'work' || alert.zone.kind === 'forbidden') parts.alert(alertOf(alert))
    },
    changed,
  })
  jobs.every('zone-conditions', seconds(20), conditions.sweep)
  jobs.every('zone-permits', seconds(10), permits.tellEnded)

  const shipped = (detail: ZoneDetail): ZoneFeature => ({
    type: 'Feature',
    id: zone.id,
    properties: { ...SHIPPED, name: zone.name },
    geometry: detail === 'exact' ? exact : overview,
  })
  return {
    projection: service.projection,
    routes: [
      createZoneRoutes({ shipped, zones: drawn }),
      createPermitRoutes(permits),
      createConditionRoutes({ conditions, inSight: parks.inSight }),
    ],
    conditions,
    ...createStandingService({ ...world, db, zone, zoneStore: createZoneStore, conditions }),
    grantWithin: permits.grantWithin,
    driveUsed: permits.driveUsed,
    leavePermit: (ids, now) => createPermitStore(db).holders('leave_zone', ids, now),
    open: service.load,
  }
}

const SHIPPED = {
  kind: 'work',
  attribution: ATTRIBUTION,
  editable: false,
  parkId: null,
  note: '',
  version: null,
  circle: null,
  changedAt: null,
  changedBy: null,
} as const

/** The same crossing told again is the same event. */
const eventOf = ({ vehicleId, zone, crossing }: ZoneAlert): RuleEvent => ({
  id: `zone.crossed ${zone.id} ${vehicleId} ${crossing.at}`,
  name: 'zone.crossed',
  at: crossing.confirmedAt,
  payload: { zone: zone.id, side: crossing.to },
  about: { vehicleId },
})

const alertOf = ({ vehicleId, zone, crossing }: ZoneAlert): Alert => ({
  id: `${zone.id} ${vehicleId} ${crossing.at}`,
  vehicleId,
  kind: kindOf(zone.kind, crossing.to),
  at: Instant.encode(crossing.at),
  data: { zone: zone.name, lat: crossing.lat, lon: crossing.lon },
})

const kindOf = (kind: ZoneAlert['zone']['kind'], to: 'inside' | 'outside'): string => {
  if (kind === 'work') return to === 'outside' ? 'zone-exit' : 'zone-return'
  return to === 'inside' ? 'forbidden-entry' : 'forbidden-left'
}
