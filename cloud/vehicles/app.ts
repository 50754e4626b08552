import { join } from 'node:path'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { GatewayId, VehicleId } from '#contract/ids.ts'
import { type Millis, minutes, seconds } from '#contract/instant.ts'
import type { Broker } from '../broker/broker.ts'
import type { Decision } from '../decisions/decision.ts'
import { applyDecision } from '../decisions/decision-effect.ts'
import { createDecisionService } from '../decisions/decision-service.ts'
import { createDecisionStore } from '../decisions/decision-store.ts'
import { createClaimAttempts } from '../fleet/claim-attempts.ts'
import { createEventStore, eventProjection } from '../fleet/event-store.ts'
import { createFleetService, type FleetService } from '../fleet/fleet-service.ts'
import { createGatewayRoutes } from '../fleet/gateway-routes.ts'
import { createGatewayStore } from '../fleet/gateway-store.ts'
import { troublesOf } from '../fleet/gateway-trouble.ts'
import { runGoldenLoop } from '../fleet/golden-loop.ts'
import { createGoldenRoutes } from '../fleet/golden-routes.ts'
import { createGoldenStore } from '../fleet/golden-store.ts'
import { runRegistryLoop } from '../fleet/registry-loop.ts'
import { runRevocationLoop } from '../fleet/revocation-loop.ts'
import { createVehicleStore } from '../fleet/vehicle-store.ts'
import { runConvergenceLoop } from '../holds/convergence-loop.ts'
import type { GracePolicy } from '../holds/grace.ts'
import { createGraceRoutes } from '../holds/grace-routes.ts'
import { createGraceService, type GraceService } from '../holds/grace-service.ts'
import { createGraceStore } from '../holds/grace-store.ts'
import { createHoldRoutes } from '../holds/hold-routes.ts'
import { createHoldService, type HoldService } from '../holds/hold-service.ts'
import { createHoldStore } from '../holds/hold-store.ts'
import { createSituationService } from '../holds/situation-service.ts'
import type { Reach } from '../http/reach.ts'
import type { Projection } from '../ingest/journal-entry.ts'
import type { Alert } from '../live/live-message.ts'
import { createBell } from '../orders/bell.ts'
import { type DeliveryNote, runDeliveryLoop } from '../orders/delivery-loop.ts'
import { createOrderRoutes } from '../orders/order-routes.ts'
import { createOrderService } from '../orders/order-service.ts'
import { createOrderStore, type OrderStore } from '../orders/order-store.ts'
import { createRelayStore } from '../orders/relay-store.ts'
import { fleetReach } from '../parks/fleet-reach.ts'
import { createParkRoutes } from '../parks/park-routes.ts'
import { createParkStore, type ParkStore } from '../parks/park-store.ts'
import { createPkiService, type ServerIdentity } from '../pki/pki-service.ts'
import { createPkiStore } from '../pki/pki-store.ts'
import { createProofCheck, createRenewalReader, createSheetReader } from '../pki/report-proof-client.ts'
import { createCursorStore } from '../postgres/cursor-store.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { createSheetRoutes } from '../sheets/sheet-routes.ts'
import { createSheetService } from '../sheets/sheet-service.ts'
import { createSheetStore } from '../sheets/sheet-store.ts'
import { createApprovalRoutes } from '../signer/approval-routes.ts'
import { createGovernorRoutes } from '../signer/governor-routes.ts'
import type { SignerClient } from '../signer/signer-client.ts'
import { createUnlockKeyStore } from '../unlock/unlock-key-store.ts'
import { createUnlockRoutes } from '../unlock/unlock-routes.ts'
import { createUnlockService, type UnlockService } from '../unlock/unlock-service.ts'
import { createUnlockStore } from '../unlock/unlock-store.ts'
import type { World } from '../world.ts'
import { createCardRoutes } from './card/card-routes.ts'
import { createCardStore } from './card/card-store.ts'
import { createTimelineStore } from './timeline-store.ts'
import { createVehicleRoutes } from './vehicle-routes.ts'
import { createVehicleService, type Knowledge, type VehicleService } from './vehicle-service.ts'

export type VehiclesSettings = {
  /** Certificates, the decision journal and the key of one-time codes live in folders of their own here. */
  readonly dataDir: string
  /** Shared with an outside broker: the list of revoked certificates is kept there too. */
  readonly brokerDir?: string | undefined
  /** Names and addresses for the server certificate, besides localhost. */
  readonly hosts: readonly string[]
  /** Where gateways are told to connect. Asked at each claim: the port may be known only after listening. */
  readonly brokerUrls: () => { readonly certificate: string; readonly password: string }
  readonly zoneName: string
  /** Whether a word without a commissioning sheet seals a gateway too; it does not unless said otherwise. */
  readonly sheet?: 'needed' | 'welcome'
  /** A block order not carried out within this time expires, and is asked for anew. 15 minutes unless said otherwise. */
  readonly blockLifetime?: Millis
  /** The longest grace anybody may give, and the one that follows a used code; 72 and 24 hours unless said otherwise. */
  readonly grace?: GracePolicy
}

export type VehiclesParts = Pick<Postgres, 'db' | 'inTransaction'> &
  Knowledge & {
    readonly settings: VehiclesSettings
    readonly world: World
    /** Elsewhere: this process never sees the key. */
    readonly signer: Omit<SignerClient, 'close'>
    readonly accountOf: Parameters<typeof createGovernorRoutes>[0]['accountOf']
    readonly publish: Broker['publish']
    /** Those that are where no start is ever forbidden; nowhere, when left out. Within the transaction of the decision. */
    readonly neverBlockIn?: (db: Db, vehicles: readonly VehicleId[]) => Promise<ReadonlySet<VehicleId>>
    /** A technician is proving the relay of this vehicle. */
    readonly relayTested: (vehicle: VehicleId) => Promise<boolean>
    readonly disconnect: Broker['disconnect']
    /** In the transaction in which a decision takes effect: for the record. */
    readonly decided: (within: Db, decision: Decision) => Promise<void>
    /** Something a person should see at once: for the live feed. */
    readonly alert: (alert: Alert) => void
    /** A vehicle, its holds or orders have changed: for the live feed. */
    readonly changed: (vehicle: VehicleId) => void
    /** The other instances have to read the registry of gateways again; there are none, when left out. */
    readonly registryChanged?: () => void
  }

/** The cursors of the ingest journal, which may be ahead of a database that has lost its last commits. */
type JournalCursors = { cursor(projection: string): number; moveCursor(projection: string, position: number): void }

export type Vehicles = {
  readonly fleet: FleetService
  readonly holds: HoldService
  readonly orders: OrderStore
  readonly unlock: Pick<UnlockService, 'give'>
  readonly graces: Pick<GraceService, 'giveGrace'>
  readonly parks: ParkStore
  readonly vehicles: VehicleService
  readonly projections: readonly Projection[]
  readonly routes: readonly FastifyPluginAsyncZod[]
  /** Whose vehicles, gateways and orders are whose. */
  readonly reach: readonly Reach[]
  readonly loops: readonly ((stop: AbortSignal) => Promise<void>)[]
  /** Loops that one instance runs for all, by name. */
  readonly sole: Readonly<Record<'order-delivery' | 'convergence' | 'drift', (stop: AbortSignal) => Promise<void>>>
  /**
   * To be awaited after the migrations and before anything else: replays decisions the database has lost, winds the
   * projections back to where it really stands, reads the registry, opens the certificate authority.
   */
  open(journal: JournalCursors): Promise<ServerIdentity>
  /** Another instance has changed something about this vehicle's orders or holds. */
  heardOf(vehicle: VehicleId): void
  /** Another instance has changed the registry of gateways. */
  registryHeard(): void
  /** A gateway listens again: its open order is published anew. */
  gatewayConnected(gateway: GatewayId): void
  close(): void
}

const PACE = { blockRetry: minutes(10), unblockRetry: minutes(1) }
const DELIVERY = {
  idle: seconds(5),
  longestRefused: minutes(1),
  repeat: minutes(1),
  longestRepeat: minutes(5),
  publishLimit: seconds(10),
}
const GRACE: GracePolicy = { longest: minutes(72 * 60), afterCode: minutes(24 * 60) }
/** One-time codes given out for one vehicle, and for all together. */
const CODES = { perAddress: 5, together: 100, window: minutes(10) }
const PARKED_LIFETIME = minutes(24 * 60)
const CLAIMS = { perAddress: 10, together: 300, window: minutes(10) }

/** Wires vehicles, gateways, holds, orders, signer, authority and the decision journal; starts nothing. */
export function createVehicles(parts: VehiclesParts): Vehicles {
  const { db, inTransaction, settings, world } = parts
  const { clock, log } = world
  const folder = (name: string) => join(settings.dataDir, name)

  const journal = createDecisionStore(folder('decisions'), world.uuid)
  const { signer } = parts
  const pkiStore = createPkiStore(folder('pki'))
  const pki = createPkiService({ ...world, store: pkiStore, hosts: settings.hosts })
  let identity: ServerIdentity | undefined

  const delivery = createBell<DeliveryNote>()
  const orderChanged = (gateway: GatewayId) => delivery.ring({ gateway, because: 'order-changed' })
  const convergence = createBell<VehicleId>()
  const registry = createBell<never>()
  const changed = (vehicle: VehicleId) => {
    convergence.ring(vehicle)
    parts.changed(vehicle)
  }

  const stores = (within: Db) => ({
    vehicles: createVehicleStore(within),
    parks: createParkStore(within),
    gateways: createGatewayStore(within),
    holds: createHoldStore(within),
    orders: createOrderStore(within),
    graces: createGraceStore(within),
    unlock: createUnlockStore(within),
  })
  const decisions = createDecisionService({
    db,
    inTransaction,
    journal,
    cursors: createCursorStore,
    apply: async (within, decision) => {
      await applyDecision(stores(within), decision)
      await parts.decided(within, decision)
    },
    log,
  })

  const unlockKeys = createUnlockKeyStore(folder('unlock'), world.randomBytes)
  const fleet = createFleetService({
    ...world,
    db,
    decide: decisions.decide,
    gatewayStore: createGatewayStore,
    vehicleStore: createVehicleStore,
    attempts: createClaimAttempts(CLAIMS),
    pki,
    caPem: () => identity?.ca ?? '',
    signerKeys: signer.keys,
    sheet: settings.sheet ?? 'needed',
    readSheet: createSheetReader(() => identity?.ca ?? ''),
    readRenewal: createRenewalReader(() => identity?.ca ?? ''),
    newUnlockSecret: (gateway) => unlock.newSecret(gateway),
    brokerUrls: settings.brokerUrls,
    claimCodeLifetime: minutes(10),
    disconnect: parts.disconnect,
    changed,
    registryChanged: parts.registryChanged ?? (() => {}),
  })

  // Of this instance's own journal: another instance's records are not among ours.
  const ingest = `ingest of ${journal.journal}`
  const cameTo = (projection: string) => (within: Db, position: number) =>
    createCursorStore(within).move(ingest, projection, position)

  const orders = createOrderService({
    ...world,
    db,
    inTransaction,
    decide: decisions.decide,
    deliver: orderChanged,
    hearCode: (entry) => unlock.hear(entry),
    orderStore: createOrderStore,
    relayStore: createRelayStore,
    checkProof: createProofCheck(() => identity?.ca ?? ''),
    addDrift: (within, { gatewayId, vehicleId, stream, seq, at, receivedAt, relay: read }, said) =>
      createEventStore(within).add([
        { gatewayId, vehicleId, stream, seq, at, receivedAt, name: 'drift', data: { said, read } },
      ]),
    cameTo: cameTo('orders'),
    vehicleNow: fleet.vehicleNow,
    blockLifetime: settings.blockLifetime ?? minutes(15),
    parkedLifetime: PARKED_LIFETIME,
    changed,
  })
  const situations = createSituationService({
    ...world,
    vehicleStore: createVehicleStore,
    holdStore: createHoldStore,
    orderStore: createOrderStore,
    relayStore: createRelayStore,
    graceStore: createGraceStore,
    gatewayOf: fleet.gatewayOf,
    neverBlockIn: parts.neverBlockIn ?? (async () => new Set()),
    requestOrder: orders.request,
    pace: PACE,
    changed,
    deliver: orderChanged,
  })
  const holds = createHoldService({
    ...world,
    db,
    decide: decisions.decide,
    situations,
    holdStore: createHoldStore,
    signerReach: signer.reach,
    relayTested: parts.relayTested,
    pace: PACE,
  })
  const graces = createGraceService({
    ...world,
    db,
    decide: decisions.decide,
    situations,
    graceStore: createGraceStore,
    gracePolicy: settings.grace ?? GRACE,
  })
  const unlock = createUnlockService({
    ...world,
    db,
    decide: decisions.decide,
    unlockStore: createUnlockStore,
    keys: unlockKeys,
    limits: createClaimAttempts(CODES),
    gatewayOf: fleet.gatewayOf,
    vehicleNow: fleet.vehicleNow,
    codeUsed: graces.codeUsed,
    changed,
  })
  const vehicles = createVehicleService({
    signerReach: signer.reach,
    vehicles: createVehicleStore(db),
    timeline: createTimelineStore(db),
    situationsOf: holds.situationsOf,
    lastKnownOf: parts.lastKnownOf,
    zoneOf: parts.zoneOf,
    leaseFactsOf: parts.leaseFactsOf,
    upkeepOf: parts.upkeepOf,
    ...(parts.idleOf === undefined ? {} : { idleOf: parts.idleOf }),
    ...(parts.surroundingsOf === undefined ? {} : { surroundingsOf: parts.surroundingsOf }),
    zoneName: settings.zoneName,
  })
  const events = eventProjection({
    inTransaction,
    eventStore: createEventStore,
    cameTo: cameTo('events'),
    vehicleOf: fleet.vehicleOf,
    alert: parts.alert,
  })
  const orderStore = createOrderStore(db)
  const parks = createParkStore(db)
  const reach = fleetReach({
    inSight: parks.inSight,
    vehicleOf: (gateway) => fleet.vehicleNow(gateway) ?? fleet.gateways().find(({ id }) => id === gateway)?.vehicleId,
    ordersInSight: parks.ordersInSight,
  })
  const golden = createGoldenStore(db)
  const projections = [orders.projection, events]

  return {
    fleet,
    holds,
    orders: orderStore,
    unlock,
    graces,
    parks,
    vehicles,
    projections,
    reach,
    routes: [
      createParkRoutes({ parks, decide: decisions.decide, parkStore: createParkStore, world, changed }),
      createVehicleRoutes(vehicles, fleet.addVehicle),
      createCardRoutes(createCardStore(db), clock),
      createGatewayRoutes(fleet, createVehicleStore(db).platesOf, parks.inSight, async () => {
        const drifts = await golden.drifts()
        return (gateway) => troublesOf(gateway, drifts.get(gateway.id)?.differences ?? [], clock.now())
      }),
      createSheetRoutes(
        createSheetService({
          store: createSheetStore(db),
          knows: (gateway) => fleet.gateways().some(({ id }) => id === gateway),
          clock,
        }),
      ),
      createGoldenRoutes({ store: golden, knows: (park) => parks.find(park), clock }),
      createHoldRoutes(holds),
      createGraceRoutes(graces),
      createUnlockRoutes(unlock),
      createOrderRoutes(orderStore),
      createGovernorRoutes({
        signer,
        ordersInSight: parks.ordersInSight,
        waiting: orderStore.awaitingApproval,
        accountOf: parts.accountOf,
        changed: () => delivery.ring({ because: 'governor-asked' }),
      }),
      createApprovalRoutes({
        signer,
        ordersInSight: parks.ordersInSight,
        waiting: orderStore.awaitingApproval,
        approve: orders.approve,
      }),
    ],
    sole: {
      'order-delivery': (stop) =>
        runDeliveryLoop(
          {
            orders: orderStore,
            signer,
            publish: parts.publish,
            fleetSize: () => fleet.gateways().filter((gateway) => gateway.state === 'active').length,
            bell: delivery,
            clock,
            log,
            pace: DELIVERY,
            changed,
          },
          stop,
        ),
      drift: (stop) => runGoldenLoop({ store: golden, fleet, alert: parts.alert, clock, log }, stop),
      convergence: (stop) =>
        runConvergenceLoop(
          {
            settle: holds.settle,
            expireOverdue: orders.expireOverdue,
            suspects: async () => [
              ...(await createHoldStore(db).vehiclesHeld()),
              ...(await createRelayStore(db).vehiclesInhibited()),
            ],
            everOrdered: orderStore.vehicles,
            bell: convergence,
            clock,
            log,
            idle: seconds(5),
          },
          stop,
        ),
    },
    loops: [
      (stop) => runRegistryLoop({ refresh: fleet.refresh, bell: registry, clock, log, pace: seconds(15) }, stop),
      (stop) =>
        runRevocationLoop(
          {
            retired: fleet.retired,
            listOf: pki.revocationList,
            write: [pkiStore, ...(settings.brokerDir === undefined ? [] : [createPkiStore(settings.brokerDir)])].map(
              (store) => (pem) => store.write('revoked.pem', pem),
            ),
            clock,
            log,
          },
          stop,
        ),
    ],
    open: async (cursors) => {
      await decisions.recover()
      for (const { name } of projections) {
        const applied = await createCursorStore(db).read(ingest, name)
        if (applied < cursors.cursor(name)) cursors.moveCursor(name, applied)
      }
      await fleet.refresh()
      identity = await pki.open()
      return identity
    },
    heardOf: (vehicle) => {
      const gateway = fleet.gatewayOf(vehicle)?.id
      if (gateway !== undefined) orderChanged(gateway)
      convergence.ring(vehicle)
    },
    registryHeard: () => registry.ring(),
    gatewayConnected: (gateway) => {
      delivery.ring({ gateway, because: 'connected' })
      const vehicle = fleet.vehicleNow(gateway)
      if (vehicle !== undefined) convergence.ring(vehicle)
    },
    close: () => journal.close(),
  }
}
