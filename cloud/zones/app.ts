import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import type { HoldService } from '../holds/hold-service.ts'
import type { Projection } from '../ingest/journal-entry.ts'
import type { Alert } from '../live/live-message.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { Knowledge } from '../vehicles/vehicle-service.ts'
import type { World } from '../world.ts'
import { createZoneShape } from './zone.ts'
import { createZoneRoutes } from './zone-routes.ts'
import { createZoneService, type ZoneAlert } from './zone-service.ts'
import { createZoneStore, readZoneGeometry, type ZoneGeometry } from './zone-store.ts'

export const REGION = { id: 'moscow-region', name: 'Москва и Московская область' } as const
const ATTRIBUTION = '© OpenStreetMap contributors'
/** Of the rule's judgement: several trusted fixes beyond the border by a margin. */
const RULE_VERSION = '1'
const RULE = { kind: 'rule', id: 'zone-exit', name: 'Выезд из зоны' } as const

type Parts = {
  readonly world: World
  readonly inTransaction: Postgres['inTransaction']
  readonly holds: Pick<HoldService, 'place' | 'liftReason'>
  /** on: a trusted exit places a hold and the return lifts it; off: both are shown and nothing else. */
  readonly zoneHolds: 'on' | 'off'
  vehicleOf: Parameters<typeof createZoneService>[0]['vehicleOf']
  changed(vehicle: VehicleId): void
  alert(alert: Alert): void
}

export type Zones = {
  readonly projection: Projection
  readonly routes: FastifyPluginAsyncZod
  readonly zoneOf: Knowledge['zoneOf']
  /** Reads what was known before the restart; to be awaited before the projection runs. */
  open(): Promise<void>
}

/** Wires the zone of the leasing contract; starts nothing. */
export function createZones(parts: Parts): Zones {
  const { world, holds } = parts
  const exact = readZoneGeometry('moscow-region')
  const overview = readZoneGeometry('moscow-region-overview')
  const zone = { ...REGION, shape: createZoneShape(polygonsOf(exact)) }

  const act = async ({ vehicleId, crossing }: ZoneAlert): Promise<void> => {
    if (parts.zoneHolds === 'off') return
    if (crossing.to === 'inside') {
      const note = 'Автомобиль вернулся в зону'
      await holds.liftReason({ vehicleId, reason: 'zone', note, by: RULE })
      return
    }
    const note = `Автомобиль покинул зону «${zone.name}»`
    const { from, to, at, lat, lon } = crossing
    const evidence = { zone: zone.id, from, to, at: Instant.encode(at), lat, lon }
    const placed = await holds.place({ vehicleId, reason: 'zone', note, by: RULE, ruleVersion: RULE_VERSION, evidence })
    if (placed.outcome === 'refused') world.log.info({ vehicleId, whyNot: placed.whyNot }, 'zone.hold-refused')
  }

  const service = createZoneService({
    world,
    zone,
    inTransaction: (work) => parts.inTransaction((db) => work(createZoneStore(db))),
    vehicleOf: parts.vehicleOf,
    onCrossing: async (alert) => {
      await act(alert)
      parts.alert(alertOf(alert))
    },
    changed: parts.changed,
  })
  const feature = (geometry: ZoneGeometry) => ({
    type: 'Feature' as const,
    id: zone.id,
    properties: { name: zone.name, attribution: ATTRIBUTION },
    geometry,
  })
  return {
    projection: service.projection,
    routes: createZoneRoutes((detail) => [feature(detail === 'exact' ? exact : overview)]),
    zoneOf: async (vehicles) => new Map(vehicles.map((vehicle) => [vehicle, service.standingOf(vehicle)])),
    open: service.load,
  }
}

const polygonsOf = (geometry: ZoneGeometry) =>
  geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates

const alertOf = ({ vehicleId, zone, crossing }: ZoneAlert): Alert => ({
  id: `${zone.id} ${vehicleId} ${crossing.at}`,
  vehicleId,
  kind: crossing.to === 'outside' ? 'zone-exit' : 'zone-return',
  at: Instant.encode(crossing.at),
  data: { zone: zone.name, lat: crossing.lat, lon: crossing.lon },
})
