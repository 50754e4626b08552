import { z } from 'zod'
import { Fix, GnssTrust, RelayWord, TimeQuality } from '#contract/frame.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { type EpochMs, Instant } from '#contract/instant.ts'
import { hindranceOf } from '../holds/can-block.ts'
import { GraceView, graceView, HoldView, holdView } from '../holds/hold-view.ts'
import { immobilizerState } from '../holds/immobilizer-state.ts'
import type { VehicleSituation } from '../holds/situation.ts'
import { policyField } from '../http/field-mask.ts'
import { IdleReason, type Standing } from '../idle/idle.ts'
import { VehicleInspection } from '../inspections/inspection-view.ts'
import { type LeaseFacts, VehicleBalance, VehicleDriver, VehicleLease } from '../leases/lease-facts.ts'
import { OrderView, orderView } from '../orders/order-view.ts'
import { UnsignedBecause } from '../orders/unsigned.ts'
import { PaperStandingView } from '../papers/paper-view.ts'
import { ParkId } from '../parks/park.ts'
import type { VehicleRow } from '../postgres/fleet-tables.ts'

const LastKnownView = z.strictObject({
  position: z.strictObject({ lat: z.number(), lon: z.number(), accuracyM: z.number().nullable() }).nullable(),
  speedKmh: z.number().nullable(),
  headingDeg: z.number().nullable(),
  ignition: z.boolean().nullable(),
  odometerKm: z.number().nullable(),
  readAt: Instant,
  ageS: z.number(),
  trust: GnssTrust,
  fix: Fix,
  timeQuality: TimeQuality,
})
/** What the vehicle's newest live frame said; `ageS` is seconds at the moment of the answer. */
export type LastKnownView = z.infer<typeof LastKnownView>

const ZoneView = z.strictObject({ name: z.string(), inside: z.boolean().nullable(), since: Instant.nullable() })
/** On which side of the operating zone the vehicle last proved to be. */
export type ZoneView = z.infer<typeof ZoneView>

const ImmobilizerView = z.strictObject({
  state: z.enum(['permitted', 'blockWaiting', 'blocked', 'unblockWaiting', 'unknown']),
  relay: RelayWord,
  relayAt: Instant.nullable(),
  waitReason: z.string().nullable(),
  holds: z.array(HoldView).readonly(),
  order: OrderView.nullable(),
  canBlock: z.boolean(),
  /** Why no block goes out now; beyond the first four it can be asked for all the same. */
  whyNot: z
    .enum([
      'no-gateway',
      'gateway-not-claimed',
      'gateway-revoked',
      'not-commissioned',
      'grace',
      'never-block-place',
      ...UnsignedBecause.options,
    ])
    .nullable(),
  /** While it runs the vehicle may start although holds stand. */
  grace: GraceView.nullable(),
})

const SignalView = z.strictObject({ cause: z.enum(['own', 'leap', 'odometer', 'fleet']), since: Instant })

/** A vehicle as REST and the live feed show it; null means unknown or none. */
export const VehicleView = z
  .strictObject({
    id: VehicleId,
    plate: z.string(),
    model: z.string(),
    parkId: ParkId,
    lastKnown: LastKnownView.nullable(),
    gateway: z
      .strictObject({
        id: GatewayId,
        online: z.boolean().nullable(),
        statusAt: Instant.nullable(),
        software: z.string().nullable(),
      })
      .nullable(),
    immobilizer: ImmobilizerView,
    lease: VehicleLease.nullable(),
    /** Who answers for the vehicle; null when nobody is known to. */
    driver: VehicleDriver.nullable(),
    /** Of that driver, as of the time that its source told it. */
    balance: VehicleBalance.nullable().meta(policyField('driver', 'balance')),
    /** Null where no inspection is planned. */
    inspection: VehicleInspection.nullable(),
    papers: z.array(PaperStandingView).readonly(),
    zone: ZoneView,
    /** The parking it stands still in. */
    parkedAt: z.string().nullable(),
    /** Silent together with its district, since then: no sign of tampering. */
    areaOutageSince: Instant.nullable(),
    /** Set while its position is not believed. */
    signalSuspect: SignalView.nullable(),
    /** Why it earns nothing; null on the line. `unknown`: nobody and nothing says why. */
    idleReason: IdleReason.nullable(),
  })
  .meta({ id: 'Vehicle' })
export type VehicleView = z.infer<typeof VehicleView>

/** Where it is kept, and what stands in the way of trusting what it says now. */
export type Surroundings = {
  readonly parking: string | null
  readonly areaOutageSince: EpochMs | null
  readonly signal: z.infer<typeof SignalView> | null
}

/** What keeps a vehicle fit for the road. */
export type Upkeep = { readonly inspection: VehicleInspection | null; readonly papers: readonly PaperStandingView[] }

export type VehicleFacts = {
  readonly row: VehicleRow
  readonly known: VehicleSituation
  readonly signer: 'up' | 'down' | 'unknown'
  readonly lastKnown: LastKnownView | null
  readonly zone: ZoneView
  readonly surroundings: Surroundings | undefined
  readonly leasing: LeaseFacts | undefined
  readonly upkeep: Upkeep | undefined
  readonly idle: { readonly standing: Standing } | undefined
}

/** Pure. */
export const vehicleView = (facts: VehicleFacts): VehicleView => {
  const { row, known, signer, lastKnown, zone, leasing, upkeep, surroundings, idle } = facts
  return {
    id: row.id,
    plate: row.plate,
    model: row.model,
    parkId: row.parkId,
    lastKnown,
    gateway: gatewayView(known),
    immobilizer: immobilizerView(known, signer),
    lease: leasing?.lease ?? null,
    driver: leasing?.driver ?? null,
    balance: leasing?.balance ?? null,
    inspection: upkeep?.inspection ?? null,
    papers: upkeep?.papers ?? [],
    zone,
    parkedAt: isStill(lastKnown) ? (surroundings?.parking ?? null) : null,
    areaOutageSince: surroundings?.areaOutageSince ?? null,
    signalSuspect: surroundings?.signal ?? null,
    idleReason: idle === undefined ? 'unknown' : idle.standing === 'on_line' ? null : idle.standing,
  }
}

/** A car of which no speed is read stands, as far as parking goes: nothing is decided by it. */
const isStill = (lastKnown: LastKnownView | null): boolean => (lastKnown?.speedKmh ?? 0) < 3

/** Only a gateway in service: one that is merely provisioned has said nothing about this vehicle. */
function gatewayView({ gateway }: VehicleSituation): VehicleView['gateway'] {
  if (gateway?.state !== 'active') return null
  const { id, online, statusAt, software } = gateway
  return { id, online, statusAt, software }
}

function immobilizerView(known: VehicleSituation, signer: VehicleFacts['signer']): VehicleView['immobilizer'] {
  const { situation, relay, newest, holds, grace } = known
  const ours = newest !== undefined && newest.gatewayId === situation.gateway?.id ? newest : undefined
  const word = relay?.relay ?? 'unknown'
  return {
    state: immobilizerState(word, ours),
    relay: word,
    relayAt: relay?.relayAt ?? null,
    waitReason: ours?.state === 'waiting' ? ours.stateReason : null,
    holds: holds.map(holdView),
    order: newest === undefined ? null : orderView(newest),
    canBlock: situation.ability.canBlock,
    whyNot: situation.ability.whyNot ?? hindranceOf(known, signer),
    grace: grace === undefined ? null : graceView(grace),
  }
}
