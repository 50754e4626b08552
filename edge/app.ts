import { mkdirSync } from 'node:fs'
import { millis, seconds } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import { createManagedGateway } from './configuration/app.ts'
import type { GatewayRun, RunEars } from './configuration/gateway-run.ts'
import { createDevices, type Devices } from './devices/app.ts'
import { createFrameService, type FrameService } from './devices/frame-service.ts'
import { profileOf, receiverOf } from './devices/receiver.ts'
import { createVehicleReadings, type VehicleReadings } from './devices/vehicle-readings.ts'
import { type Gateway, type GatewayConfig, type GatewayStatus, type GatewayWorld, IDLE } from './gateway.ts'
import { createRenewal, identify } from './identity/app.ts'
import type { Identity } from './identity/identity.ts'
import { createReportProver } from './identity/report-proof-client.ts'
import { createImmobilizerService, type ImmobilizerService } from './immobilizer/immobilizer-service.ts'
import { installedFrom } from './immobilizer/installed.ts'
import { wiringMistakes } from './interlock/wiring.ts'
import { createMonitorService } from './monitors/monitor-service.ts'
import { furthest, odometerAt, restarted } from './odometer/odometer.ts'
import { odometerText, readOdometerText } from './odometer/odometer-store.ts'
import { createOrderService, type OrderService } from './orders/order-service.ts'
import { createSignerKeysStore } from './orders/signer-keys-store.ts'
import { createOutbox, type Outbox } from './outbox/app.ts'
import { createPositionService } from './position/position-service.ts'
import { createProfileShelf, type ProfilesOf } from './profile/profile-store.ts'
import { readingPeriod } from './profile/quality-age.ts'
import { openState, type StateFile } from './state/app.ts'
import { BUILT } from './time/build-date.ts'
import { createTimeService } from './time/time-service.ts'
import { createUnlock, type Unlock } from './unlock/app.ts'
import { createUplink } from './uplink/app.ts'
import type { CloudClient } from './uplink/cloud-client.ts'

export type { Gateway, GatewayConfig, GatewayStatus, GatewayWorld } from './gateway.ts'

const FRAMES_BYTES = 256 * 1024 * 1024
const SAVE_ODOMETER = seconds(60)

type Parts = {
  readonly identity: Identity
  readonly immobilizer: ImmobilizerService
  readonly orders: OrderService
  readonly frameService: FrameService
  readonly cloud: CloudClient
  readonly outbox: Outbox
  readonly unlock: Unlock
  readonly readings: VehicleReadings
}

/** Builds the gateway and starts nothing before `run`. A change of its configuration runs it anew, in this process. */
export function createGateway(config: GatewayConfig, world: GatewayWorld): Gateway {
  const profilesOf = createProfileShelf(config.profilesDir)
  return createManagedGateway(config, world, profilesOf, (now, ears) => createRun(now, world, profilesOf, ears))
}

function createRun(config: GatewayConfig, world: GatewayWorld, profilesOf: ProfilesOf, ears: RunEars): GatewayRun {
  const { installation, dir } = config
  const profiles = profilesOf(installation)
  const mistakes = wiringMistakes(installation, profiles)
  if (mistakes.length > 0) throw new Error(mistakes.join('\n'))
  const devices = createDevices({ ...world, installation, profiles, random: randomOf(world), dir })
  let parts: Parts | undefined

  return {
    run: async (stop) => {
      mkdirSync(dir, { recursive: true, mode: 0o700 })
      const identity = await identify(config, world, stop)
      if (identity === undefined) return
      const { vehicleId } = identity.grant
      if (vehicleId !== installation.vehicleId)
        throw new Error(`the installation is of vehicle ${installation.vehicleId}, the identity of ${vehicleId}`)
      const state = openState(dir, world.log)
      const assembled = assemble({ config, world, profiles, identity, state, relay: devices.relay, ears })
      parts = assembled.parts
      try {
        await assembled.run(devices.run, stop)
      } finally {
        assembled.parts.outbox.close()
        state.close()
      }
    },
    status: () => (parts === undefined ? IDLE : statusOf(parts)),
    releaseLocally: () => parts?.immobilizer.releaseLocally(),
    enterCode: (typed) => parts?.unlock.enter(typed),
    readings: () => parts?.readings.now(world.clock.steady()) ?? [],
    testRelay: (order, told) => parts?.immobilizer.testRelay(order, told) ?? 'busy',
    endRelayTest: () => parts?.immobilizer.endTest(),
    unlockForm: () => parts?.unlock.form,
  }
}

const randomOf = (world: GatewayWorld) => (): number => {
  const [first = 0, second = 0, third = 0] = world.randomBytes(3)
  return (first * 65_536 + second * 256 + third) / 16_777_216
}

type Given = {
  readonly config: GatewayConfig
  readonly world: GatewayWorld
  readonly profiles: readonly Profile[]
  readonly identity: Identity
  readonly state: StateFile
  readonly relay: Devices['relay']
  readonly ears: RunEars
}

function assemble({ config, world, profiles, identity, state, relay, ears }: Given) {
  const { log } = world
  const { installation, software } = config
  const { gatewayId, signerKeys } = identity.grant
  let current = identity
  let prove = createReportProver(identity)
  const renewal = createRenewal(
    config,
    () => current,
    (next) => {
      current = next
      prove = createReportProver(next)
    },
    world,
  )
  const boot = world.uuid()
  const time = createTimeService({
    clock: world.clock,
    systemQuality: () => world.timeQuality?.() ?? 'estimated',
    store: state.time,
    boot,
    notBefore: BUILT,
    log,
  })
  const { clock } = time
  const gnss = receiverOf(installation, profiles)

  const outbox = createOutbox({
    dir: config.dir,
    heads: state.heads,
    clock,
    log,
    boot,
    uuid: world.uuid,
    framesBytes: config.framesBytes ?? FRAMES_BYTES,
    syncOf: time.syncOf,
    encoding: config.encoding ?? 'compact',
    patience: millis(config.sendEveryMs ?? 0),
    noteNow: () => odometerText(frameService.odometer()),
  })
  const immobilizer = createImmobilizerService({
    relay,
    inbox: state.inbox,
    append: (record) => {
      const kept = outbox.keepEvent(record)
      monitors.heed(record)
      return kept
    },
    prove: (report) => prove(report),
    timeQuality: time.orderQuality,
    installed: installedFrom(installation, {
      gatewayId,
      gnss,
      software,
      boot,
      allowRunningCircuitCut: config.allowRunningCircuitCut === true,
    }),
    clock,
    log,
  })
  const monitors = createMonitorService({
    ...(gnss === undefined ? {} : { gnss }),
    immobilizer,
    keepEvent: outbox.keepEvent,
    timeQuality: time.orderQuality,
    software,
    clock,
  })
  const unlock = createUnlock({
    secret: identity.grant.unlockSecret,
    store: state.unlock,
    releaseLocally: immobilizer.releaseLocally,
    keepEvent: outbox.keepEvent,
    clock,
    log,
  })
  const positions = createPositionService({ ...(gnss === undefined ? {} : { gnss }), clock })
  const readings = createVehicleReadings((reading) => {
    const device = installation.devices.find(({ id }) => id === reading.device)
    return readingPeriod(profileOf(profiles, device?.profile), reading.name)
  })
  const frameService = createFrameService({
    installation,
    ...(gnss === undefined ? {} : { gnss }),
    readings,
    clock,
    time,
    trust: immobilizer.trust,
    suspicion: immobilizer.suspicion,
    wheelScale: immobilizer.wheelScale,
    refusals: positions.refusals,
    keepFrame: outbox.keepFrame,
    keepEvent: outbox.keepEvent,
    odometer: restarted(furthest(state.odometer.load(), readOdometerText(outbox.frames.note()) ?? odometerAt(0))),
  })
  const keys = createSignerKeysStore(signerKeys)
  const orders = createOrderService({
    verify: keys.verify,
    gatewayId,
    receive: (order) => {
      time.hearCloud(order.iat)
      immobilizer.receive(order)
    },
    keepEvent: outbox.keepEvent,
    clock,
    log,
  })
  const cloud = createUplink({
    identity: () => current,
    brokerUrl: config.brokerUrl,
    brokerVersion: config.brokerVersion,
    software,
    boot,
    clock,
    log,
    random: randomOf(world),
    keepAlive: state.keepAlive,
    onReceipt: outbox.take,
    onOrder: (payload) => void orders.take(payload),
    onConfig: ears.onConfiguration,
    onChange: outbox.wake,
    onContested: () => outbox.keepEvent({ kind: 'event', name: 'session-contested', at: clock.now(), data: {} }),
  })

  let savedMetres = frameService.odometer().metres
  let savedAt = clock.steady()
  const keepOdometer = (atLeastEvery: number): void => {
    const odometer = frameService.odometer()
    if (odometer.metres === savedMetres || clock.steady() - savedAt < atLeastEvery) return
    state.odometer.save(odometer)
    savedMetres = odometer.metres
    savedAt = clock.steady()
  }

  const run = async (runDevices: Devices['run'], stop: AbortSignal): Promise<void> => {
    for (const name of state.mishaps) outbox.keepEvent({ kind: 'event', name, at: clock.now(), data: {} })
    outbox.keepEvent({ kind: 'event', name: 'gateway-started', at: clock.now(), data: { software, boot } })
    ears.begun({ identity, keepEvent: outbox.keepEvent, verifyConfiguration: keys.verifyConfiguration })
    unlock.resume()
    const uplink = new AbortController()
    const beforeCommit = (): void => {
      frameService.consider()
      keepOdometer(SAVE_ODOMETER)
    }
    const sending = Promise.all([
      renewal(uplink.signal),
      cloud.run(uplink.signal),
      outbox.run(cloud, beforeCommit, uplink.signal),
    ])
    await Promise.all([
      immobilizer.run(stop),
      runDevices(
        (read) => {
          const readings = positions.take(read)
          immobilizer.observe(readings)
          monitors.observe(readings)
          frameService.take(readings)
        },
        stop,
        immobilizer.awaitsFix,
      ),
    ])
    outbox.frames.flush()
    keepOdometer(0)
    uplink.abort()
    await sending
  }

  return { parts: { identity, immobilizer, orders, frameService, cloud, outbox, unlock, readings }, run }
}

function statusOf({ identity, immobilizer, orders, frameService, cloud, outbox }: Parts): GatewayStatus {
  const { work, memory } = immobilizer.state()
  const lastFrame = frameService.last()
  return {
    gatewayId: identity.grant.gatewayId,
    uplink: cloud.connection() === undefined ? 'away' : 'connected',
    relay: immobilizer.relay(),
    trust: immobilizer.trust(),
    work: work.work,
    highestOrderSeq: memory.highestSeq,
    rejectedOrders: orders.rejected(),
    odometerKm: frameService.odometer().metres / 1000,
    kept: { events: outbox.events.size().records, frames: outbox.frames.size().records },
    ...(lastFrame === undefined ? {} : { lastFrame }),
  }
}
