import { existsSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { InterlockSettings } from '#contract/installation.ts'
import { createGateway, type Gateway, type GatewayConfig, type GatewayWorld } from '../edge/app.ts'
import { createDemoDataStore, type DemoDataStore } from './demo-data-store.ts'
import { createDrivenVehicle } from './driven-vehicle.ts'
import { errandOf } from './errand.ts'
import type { VehiclePlan } from './fleet.ts'
import { runFleetLoop } from './fleet-loop.ts'
import { runGatewayLoop } from './gateway-loop.ts'
import type { GpsFix } from './gps-fix.ts'
import { createHardware, type Hardware, routerLatencyMs, serialLatencyMs } from './hardware.ts'
import { type HardwarePorts, installationOf } from './installation.ts'
import { seedLease } from './lease-seed.ts'
import { createModbusDevice, type ModbusDevice } from './modbus-device-client.ts'
import type { ModbusUnit } from './modbus-unit.ts'
import { createNmeaDevice } from './nmea-device-client.ts'
import { createProvisionClient, createSession, type Provisioned } from './provision-client.ts'
import { createRandom } from './random.ts'
import { createReplayedVehicle } from './replayed-vehicle.ts'
import { seedUpkeep } from './upkeep-seed.ts'
import { createVehicleMemoryStore, type VehicleMemory } from './vehicle-memory-store.ts'
import type { Truth, VehicleDeps, VirtualVehicle } from './virtual-vehicle.ts'
import { seedPermit, seedZones } from './zone-seed.ts'

/** What the gateways are given, with a log of its own for each car. */
export type DemoWorld = GatewayWorld & { logOf(vehicle: string): GatewayWorld['log'] }

export type DemoFleetConfig = {
  readonly cloudUrl: string
  /** One folder per vehicle is kept in here: the gateway's own, and what the simulated metal remembers. */
  readonly fleetDir: string
  readonly profilesDir: string
  readonly plans: readonly VehiclePlan[]
  /** Tighter or looser interlock numbers for every car, as an installation may have them. */
  readonly interlock?: InterlockSettings
  /** Pages for one-time codes: the first car's port, the others follow; absent, none. */
  readonly localPort?: number
  /** Goes into every gateway's configuration, e.g. another broker. */
  readonly gateway?: Partial<
    Pick<GatewayConfig, 'localPage' | 'brokerUrl' | 'brokerVersion' | 'transport' | 'framesBytes'>
  >
}

/** One car of the fleet: its plan, the truth about it, and its running gateway once there is one. */
export type DemoVehicle = {
  readonly plan: VehiclePlan
  truth(): Truth
  /** The coils of its relay board as they really are, or the one relay of its router. */
  coils(): readonly boolean[]
  gateway(): Gateway | undefined
  provisioned(): Provisioned | undefined
}

export type DemoFleet = {
  readonly vehicles: readonly DemoVehicle[]
  /** Powers the hardware, installs and runs every gateway, drives the cars; ends when told to, all closed. */
  run(stop: AbortSignal): Promise<void>
}

/** Builds the fleet and starts nothing. */
export function createDemoFleet(config: DemoFleetConfig, world: DemoWorld): DemoFleet {
  const data = createDemoDataStore()
  const provisioning = createProvisionClient(config.cloudUrl)
  const owner = createSession(config.cloudUrl, 'owner')
  const cars = config.plans.map((plan, index) => createCar(plan, index, config, data, world))
  return {
    vehicles: cars.map((car) => car.vehicle),
    run: async (stop) => {
      const listening = await Promise.all(cars.map((car) => car.powerUp()))
      // One after another, as one technician would: the first lists of the cloud are then not asked for twelve times.
      let turn: Promise<unknown> = Promise.resolve()
      const inTurn = <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
        const mine = turn.then(work, work)
        turn = mine
        return mine
      }
      const gateways = cars.map((car, index) => {
        const ports = listening[index] ?? { relay: 0 }
        const { key, plate, model } = car.vehicle.plan
        return runGatewayLoop(
          {
            key,
            identity: () => (existsSync(join(car.gatewayDir, 'identity.json')) ? 'kept' : 'none'),
            setAside: () => setAside(car.gatewayDir),
            provision: (identity) =>
              inTurn(async () => {
                const provisioned = await provisioning.provision({ plate, model }, identity)
                // A car without its lease is still a car.
                await seedLease(owner, key, provisioned.vehicleId, world.clock.now()).catch((err: unknown) =>
                  world.log.warn({ err, vehicle: key }, 'demo.no-lease'),
                )
                await seedZones(owner)
                  .then(() => seedPermit(owner, key, provisioned.vehicleId, world.clock.now()))
                  .catch((err: unknown) => world.log.warn({ err, vehicle: key }, 'demo.no-zones'))
                await seedUpkeep(owner, key, provisioned.vehicleId, world.clock.now()).catch((err: unknown) =>
                  world.log.warn({ err, vehicle: key }, 'demo.no-upkeep'),
                )
                return provisioned
              }),
            seal: (provisioned) => inTurn(() => provisioning.seal(provisioned.gatewayId)),
            open: (provisioned) => car.open(provisioned, ports),
            clock: world.clock,
            log: world.log,
          },
          stop,
        )
      })
      await Promise.all([
        runFleetLoop({ vehicles: cars.map((car) => car.body), clock: world.clock }, stop),
        ...gateways,
      ])
      await Promise.all(cars.map((car) => car.powerDown()))
    },
  }
}

/** An engine shakes the car as a road does. */
const isShaking = (truth: Truth): boolean => truth.ignition === 'on' || truth.speedKmh > 0

function setAside(dir: string): void {
  rmSync(`${dir}.old`, { recursive: true, force: true })
  renameSync(dir, `${dir}.old`)
}

const HOST = '127.0.0.1'
/** Long past, so that a restart never counts as a new sheet. */
const SEALED_AT = '2026-11-01T09:00:00Z'

function createCar(plan: VehiclePlan, index: number, config: DemoFleetConfig, data: DemoDataStore, world: DemoWorld) {
  const dir = join(config.fleetDir, plan.key)
  const gatewayDir = join(dir, 'gateway')
  const memoryStore = createVehicleMemoryStore(dir)
  const memory = memoryStore.recall()
  let remembered: Omit<VehicleMemory, 'coils'> = memory ?? { courseDeg: 0, odometerM: 0 }
  let gateway: Gateway | undefined
  let provisioned: Provisioned | undefined
  const keep = (): void => memoryStore.keep({ ...remembered, coils: [...hardware.coils()] })
  const hardware: Hardware = createHardware({
    fitting: plan.fitting,
    serial: String(1_106_100_000 + index),
    coils: memory?.coils ?? [],
    sensors: {
      fixNow: () => fixNow(),
      ignition: () => body.truth().ignition === 'on',
      motion: () => isShaking(body.truth()),
    },
    clock: world.clock,
    switched: keep,
  })
  const receiver = createNmeaDevice({ host: HOST, port: 0 })
  const { body, fixNow } = createBody(
    {
      plan,
      startLine: hardware.startLine,
      say: receiver.send,
      attended: () => (plan.fitting === 'nmea-and-relay' ? receiver.listeners() > 0 : gateway !== undefined),
      memory,
      keep: (now) => {
        remembered = now
        keep()
      },
    },
    data,
    index,
  )
  const relayLine = modbusLine(hardware.relayUnit, plan.fitting === 'router' ? routerLatencyMs : serialLatencyMs, world)
  const gpsLine = hardware.gpsUnit === undefined ? undefined : modbusLine(hardware.gpsUnit, serialLatencyMs, world)
  const vehicle: DemoVehicle = {
    plan,
    truth: body.truth,
    coils: hardware.coils,
    gateway: () => gateway,
    provisioned: () => provisioned,
  }
  return {
    vehicle,
    body,
    gatewayDir,
    powerUp: async (): Promise<HardwarePorts> => {
      const relay = await relayLine.listen()
      if (plan.fitting === 'nmea-and-relay') return { relay, gps: await receiver.listen() }
      return gpsLine === undefined ? { relay } : { relay, gps: await gpsLine.listen() }
    },
    powerDown: async (): Promise<void> => {
      await Promise.all([relayLine.close(), gpsLine?.close(), receiver.close()])
    },
    open: (granted: Provisioned, ports: HardwarePorts): Gateway => {
      provisioned = granted
      gateway = createGateway(
        {
          dir: gatewayDir,
          profilesDir: config.profilesDir,
          installation: installationOf(granted.vehicleId, plan.fitting, ports, SEALED_AT, config.interlock),
          cloudUrl: config.cloudUrl,
          software: 'demo',
          ...(granted.claimCode === undefined ? {} : { claimCode: granted.claimCode }),
          ...(config.localPort === undefined ? {} : { localPage: { host: HOST, port: config.localPort + index } }),
          ...config.gateway,
        },
        { ...world, log: world.logOf(plan.key) },
      )
      return gateway
    },
  }
}

function createBody(
  deps: VehicleDeps,
  data: DemoDataStore,
  index: number,
): { body: VirtualVehicle; fixNow: () => GpsFix | undefined } {
  const { life } = deps.plan
  if (life.kind === 'replay')
    return { body: createReplayedVehicle(deps, data.runs(life.recording), life.pauseS * 1000), fixNow: () => undefined }
  const random = createRandom(2026 + index * 7919)
  const driven = createDrivenVehicle(deps, errandOf(life, data, random), random)
  return { body: driven, fixNow: driven.fixNow }
}

const modbusLine = (unit: ModbusUnit, latencyMs: (bytes: number) => number, world: GatewayWorld): ModbusDevice =>
  createModbusDevice({ units: new Map([[1, unit]]), clock: world.clock, host: HOST, port: 0, latencyMs })
