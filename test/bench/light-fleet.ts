import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { type GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { type Clock, millis } from '#contract/instant.ts'
import type { SignerKey } from '#contract/provisioning.ts'
import { encodeJsonBatch, type GatewayRecord } from '#contract/record.ts'
import { createProvisionClient } from '../../demo/provision-client.ts'
import { createClaimClient } from '../../edge/identity/claim-client.ts'
import { createImmobilizerService } from '../../edge/immobilizer/immobilizer-service.ts'
import { FIRST_MEMORY, type ImmobilizerMemory } from '../../edge/immobilizer/immobilizer-state.ts'
import type { RelayDrive, WritesRelay } from '../../edge/immobilizer/relay-output.ts'
import { interlockPolicy } from '../../edge/interlock/interlock-policy.ts'
import { createOrderService } from '../../edge/orders/order-service.ts'
import { createSignerKeysStore } from '../../edge/orders/signer-keys-store.ts'
import { createCloudClient } from '../../edge/uplink/cloud-client.ts'
import type { LoadGateway } from '../support/load-plan.ts'
import { drive, fix, ignition, motion, withMotion } from '../support/moments.ts'
import { silentLog } from '../support/silent-log.ts'
import { systemClock } from '../support/system-clock.ts'

/**
 * A parked car without a process of its own: the gateway's code that proves an order, judges it and moves the relay, and
 * its connection; the relay, the readings and the disk are in memory, and its reports are not signed.
 */
export type LightCar = { readonly vehicleId: VehicleId; readonly gatewayId: GatewayId; coil(): 'open' | 'closed' }
export type LightFleet = { readonly cars: readonly LightCar[]; stop(): Promise<void> }

type LivingCar = LightCar & { inputs(): void; place(): void; isConnected(): boolean }

type Options = {
  readonly cloudUrl: string
  readonly databaseUrl: string
  readonly mqttPort: number
  /** As seeded: claimed, and not sealed. */
  readonly gateways: readonly LoadGateway[]
  readonly busMs: number
}

const LIVED_S = 100
const AT_ONCE = 50
const BOOT = randomUUID()

/** Connects every seeded gateway, each in a car that has stood for long. Resolves when all are connected. */
export async function startLightFleet(options: Options): Promise<LightFleet> {
  const keys = await signerKeys(options.cloudUrl)
  const vehicles = await vehiclesOf(options.databaseUrl)
  const stopping = new AbortController()
  const running: Promise<void>[] = []
  const cars: LivingCar[] = []
  // From the first car on: none may be without a look for three seconds.
  running.push(looks(cars, stopping.signal))
  for (const [index, gateway] of options.gateways.entries()) {
    const vehicleId = vehicles.get(gateway.id)
    if (vehicleId === undefined) throw new Error(`${gateway.id} is in no vehicle`)
    const car = lightCar({ ...options, gateway, vehicleId, keys })
    cars.push(car)
    running.push(...car.run(stopping.signal))
    while (index % AT_ONCE === AT_ONCE - 1 && !cars.every((one) => one.isConnected())) await pause(10)
  }
  while (!cars.every((one) => one.isConnected())) await pause(20)
  return {
    cars,
    stop: async () => {
      stopping.abort()
      await Promise.allSettled(running)
    },
  }
}

/** Each car's inputs are read twice a second, as a gateway does, and its receiver once; spread over the second. */
async function looks(cars: readonly Pick<LivingCar, 'inputs' | 'place'>[], stop: AbortSignal): Promise<void> {
  const SHARES = 20
  const each = (share: number, look: (car: Pick<LivingCar, 'inputs' | 'place'>) => void): void => {
    for (let index = share % SHARES; index < cars.length; index += SHARES) {
      const car = cars[index]
      if (car !== undefined) look(car)
    }
  }
  for (let share = 0; !stop.aborted; share = (share + 1) % SHARES) {
    each(share, (car) => car.place())
    each(share, (car) => car.inputs())
    each(share + SHARES / 2, (car) => car.inputs())
    await systemClock.sleep(millis(1000 / SHARES), stop)
  }
}

/** Pinned at the claim: one more gateway is provisioned as a technician would, for its keys alone. */
async function signerKeys(cloudUrl: string): Promise<readonly SignerKey[]> {
  const { claimCode } = await createProvisionClient(cloudUrl).provision({ plate: 'К001ЛЮ', model: 'Bench' }, 'none')
  if (claimCode === undefined) throw new Error('a new gateway comes with a claim code')
  return (await createClaimClient({ cloudUrl }).claim({ code: claimCode })).signerKeys
}

async function vehiclesOf(databaseUrl: string): Promise<ReadonlyMap<string, VehicleId>> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query('select id, vehicle_id from gateways')
  await client.end()
  return new Map(rows.map((row) => [String(row.id), VehicleId.parse(row.vehicle_id)]))
}

/** A relay board that answers after so many milliseconds. */
function virtualRelay(busMs: number, clock: Clock): { readonly relay: WritesRelay; now(): RelayDrive } {
  let now: RelayDrive = 'free'
  return {
    now: () => now,
    relay: {
      readDrive: async () => {
        await pause(busMs)
        return { drive: now, steadyAt: clock.steady() }
      },
      writeDrive: async (target, _stop, mayStill) => {
        if (mayStill?.() === false) throw new Error('withheld')
        await pause(busMs)
        now = target
      },
    },
  }
}

function lightCar(given: Options & { gateway: LoadGateway; vehicleId: VehicleId; keys: readonly SignerKey[] }) {
  const { gateway, vehicleId, busMs } = given
  const clock = systemClock
  let memory: ImmobilizerMemory = { ...FIRST_MEMORY, reported: 'free' }
  const board = virtualRelay(busMs, clock)
  const stream = StreamId.parse(randomUUID())
  const records: GatewayRecord[] = []
  let sent = 0
  let sending: 'yes' | 'no' = 'no'

  /** Everything that is not acknowledged yet goes again, as from an outbox. */
  const pump = (): void => {
    if (sending === 'yes' || sent === records.length || client.connection() === undefined) return
    sending = 'yes'
    const [from, through] = [sent, records.length]
    const payload = encodeJsonBatch(stream, Seq.parse(from + 1), records.slice(from, through))
    void client
      .publishRecords(new TextEncoder().encode(payload))
      .then(
        () => {
          sent = through
        },
        () => {},
      )
      .then(() => {
        sending = 'no'
        pump()
      })
  }
  const keep = (record: GatewayRecord): 'stored' => {
    records.push(record)
    // The words of one moment go together, as an outbox sends them.
    queueMicrotask(pump)
    return 'stored'
  }
  const immobilizer = createImmobilizerService({
    relay: board.relay,
    inbox: {
      load: () => memory,
      save: (next) => {
        memory = next
      },
    },
    append: keep,
    timeQuality: () => 'ntp',
    installed: {
      gatewayId: gateway.id,
      vehicleId,
      sources: withMotion,
      policy: interlockPolicy({ relayRestMs: 0, relayTogglesPerHour: 3600, ignitionOffMs: 30_000 }),
      circuit: 'starter',
      sealedAt: '2026-11-01T09:00:00Z',
      software: 'bench',
      boot: BOOT,
    },
    clock,
    log: silentLog,
  })
  const orders = createOrderService({
    verify: createSignerKeysStore(given.keys).verify,
    gatewayId: gateway.id,
    receive: immobilizer.receive,
    keepEvent: keep,
    clock,
    log: silentLog,
  })
  const client = createCloudClient({
    brokerUrl: `mqtt://127.0.0.1:${given.mqttPort}`,
    gatewayId: gateway.id,
    access: { by: 'password', password: gateway.password },
    protocolVersion: 4,
    software: 'bench',
    boot: BOOT,
    clock,
    log: silentLog,
    random: Math.random,
    onReceipt: () => {},
    onOrder: (payload) => void orders.take(payload),
    onConfig: () => {},
    onChange: pump,
    onContested: () => {},
  })
  const steadyNow = (): number => Math.floor(clock.steady())
  const inputs = (at = steadyNow()): void =>
    immobilizer.observe([ignition(false, at), motion(false, at), drive(board.now(), at)])
  const place = (at = steadyNow()): void => immobilizer.observe(fix(at))
  return {
    vehicleId,
    gatewayId: gateway.id,
    coil: () => (board.now() === 'blocked' ? ('open' as const) : ('closed' as const)),
    isConnected: () => client.connection() !== undefined,
    inputs: () => inputs(),
    place: () => place(),
    run: (stop: AbortSignal) => {
      const now = steadyNow()
      const service = immobilizer.run(stop)
      for (let at = now - LIVED_S * 1000; at < now; at += 1000) {
        inputs(at)
        place(at)
      }
      return [service, client.run(stop)]
    },
  }
}

/** As if technicians had sealed every one of them. */
export async function sealAll(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(`update gateways set seal_changed_at = 1, sealed_by = 'load', seal_note = ''`)
  await client.end()
}
