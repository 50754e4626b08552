import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Frame, GnssTrust, RelayWord, TimeQuality } from '#contract/frame.ts'
import type { GatewayId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { type Clock, seconds } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { createDevices } from './devices/app.ts'
import { createFrameService, type FrameService } from './devices/frame-service.ts'
import { createVehicleReadings, readingPeriod } from './devices/vehicle-readings.ts'
import { type IdentityConfig, identify } from './identity/app.ts'
import type { Identity } from './identity/identity.ts'
import { createImmobilizerService, type ImmobilizerService } from './immobilizer/immobilizer-service.ts'
import type { Installed, Work } from './immobilizer/immobilizer-state.ts'
import { interlockPolicy } from './interlock/interlock-policy.ts'
import type { Log } from './log.ts'
import { createOdometerStore, type OdometerStore } from './odometer/odometer-store.ts'
import { createOrderInboxStore, type OrderInboxStore, unusableInboxStore } from './orders/order-inbox-store.ts'
import { createOrderService, type OrderService } from './orders/order-service.ts'
import { createSignerKeysStore } from './orders/signer-keys-store.ts'
import { runFlushLoop } from './outbox/flush-loop.ts'
import { runOutboxLoop } from './outbox/outbox-loop.ts'
import { createOutboxStore, type OutboxStore } from './outbox/outbox-store.ts'
import { createSendWindow } from './outbox/send-window.ts'
import { createStreamHeadStore, type StreamHeadStore } from './outbox/stream-head-store.ts'
import { createWaker } from './outbox/waker.ts'
import { loadProfiles } from './profile/profile-store.ts'
import { openDatabase } from './state/sqlite-client.ts'
import { type CloudAccess, type CloudClient, createCloudClient } from './uplink/cloud-client.ts'

export type GatewayConfig = IdentityConfig & {
  readonly profilesDir: string
  readonly installation: Installation
  /** Instead of the broker named at provisioning. */
  readonly brokerUrl?: string
  readonly brokerVersion?: 4 | 5
  readonly software: string
  /** Bound of the frames' outbox; above it the oldest are thinned. */
  readonly framesBytes?: number
  readonly allowRunningCircuitCut?: boolean
}

/** What only main.ts owns: time, randomness, a place to say what happened, and how good the wall clock is. */
export type GatewayWorld = {
  readonly clock: Clock
  readonly log: Log
  uuid(): string
  randomBytes(length: number): Uint8Array
  /** Absent: nobody vouches for the wall clock, so an order's life is counted from its reception. */
  readonly timeQuality?: () => Exclude<TimeQuality, 'gnss'>
}

export type GatewayStatus = {
  readonly gatewayId?: GatewayId
  readonly uplink: 'connected' | 'away'
  readonly relay: RelayWord
  readonly trust: GnssTrust
  readonly work: Work['work']
  readonly highestOrderSeq: number
  readonly rejectedOrders: number
  readonly odometerKm: number
  /** Records on disk that no receipt covers yet. */
  readonly kept: { readonly events: number; readonly frames: number }
  readonly lastFrame?: Frame
}

export type Gateway = {
  /** Works until told to stop, then puts everything on disk. Throws when it cannot begin: who, where and why. */
  run(stop: AbortSignal): Promise<void>
  /** What is going on, for tests and for the technician. */
  status(): GatewayStatus
  /** Frees the relay for a person at the vehicle who has proved the right to it. */
  releaseLocally(): void
}

const FRAMES_BYTES = 256 * 1024 * 1024

type Parts = {
  readonly identity: Identity
  readonly immobilizer: ImmobilizerService
  readonly orders: OrderService
  readonly frameService: FrameService
  readonly cloud: CloudClient
  readonly events: OutboxStore
  readonly frames: OutboxStore
}

/** Builds the gateway and starts nothing before `run`. */
export function createGateway(config: GatewayConfig, world: GatewayWorld): Gateway {
  const profiles = loadProfiles(config.profilesDir)
  const devices = createDevices({
    ...world,
    installation: config.installation,
    profiles,
    random: randomOf(world),
    dir: config.dir,
  })
  let parts: Parts | undefined

  return {
    run: async (stop) => {
      mkdirSync(config.dir, { recursive: true, mode: 0o700 })
      const identity = await identify(config, world, stop)
      if (identity === undefined) return
      const { vehicleId } = identity.grant
      if (vehicleId !== config.installation.vehicleId)
        throw new Error(`the installation is of vehicle ${config.installation.vehicleId}, the identity of ${vehicleId}`)
      const files = openFiles(config, world)
      const assembled = assemble(config, world, profiles, identity, files, devices.relay)
      parts = assembled.parts
      try {
        await assembled.run((onReadings, until) => devices.run(onReadings, until), stop)
      } finally {
        files.close()
      }
    },
    status: () => statusOf(parts),
    releaseLocally: () => parts?.immobilizer.releaseLocally(),
  }
}

const randomOf = (world: GatewayWorld) => (): number => {
  const [first = 0, second = 0, third = 0] = world.randomBytes(3)
  return (first * 65_536 + second * 256 + third) / 16_777_216
}

type Files = {
  readonly inbox: OrderInboxStore
  readonly odometer: OdometerStore
  readonly heads: StreamHeadStore
  readonly events: DatabaseSync
  readonly frames: DatabaseSync
  readonly mishaps: readonly string[]
  close(): void
}

/** One file per class of durability. Without a usable state file nothing may be blocked, and everything else works. */
function openFiles(config: GatewayConfig, { log }: GatewayWorld): Files {
  const events = openDatabase(join(config.dir, 'events.sqlite'))
  const frames = openDatabase(join(config.dir, 'frames.sqlite'))
  try {
    const state = openDatabase(join(config.dir, 'state.sqlite'))
    const stores = stateStores(state)
    stores.inbox.load()
    return { ...stores, events, frames, mishaps: [], close: () => closeAll(state, events, frames) }
  } catch (cause) {
    log.error({ err: cause }, 'state.unusable')
    const memory = openDatabase(':memory:')
    const stores = { ...stateStores(memory), inbox: unusableInboxStore(cause) }
    return { ...stores, events, frames, mishaps: ['state-unusable'], close: () => closeAll(memory, events, frames) }
  }
}

const stateStores = (db: DatabaseSync) => ({
  inbox: createOrderInboxStore(db),
  odometer: createOdometerStore(db),
  heads: createStreamHeadStore(db),
})

const closeAll = (...files: readonly DatabaseSync[]): void => {
  for (const file of files) file.close()
}

type RunDevices = ReturnType<typeof createDevices>['run']

function assemble(
  config: GatewayConfig,
  world: GatewayWorld,
  profiles: readonly Profile[],
  identity: Identity,
  files: Files,
  relay: ReturnType<typeof createDevices>['relay'],
) {
  const { clock, log } = world
  const { installation, software } = config
  const { gatewayId, signerKeys } = identity.grant
  const boot = world.uuid()
  const quality = (): Exclude<TimeQuality, 'gnss'> => world.timeQuality?.() ?? 'estimated'
  const waker = createWaker(clock)
  const sendWindow = createSendWindow()
  const outbox = { heads: files.heads, clock, boot, uuid: world.uuid }
  const events = createOutboxStore({ ...outbox, db: files.events, name: 'events' })

  // On disk at once. What the disk refuses stays with the outbox, and the flush loop tries again.
  const keepEvent = (record: GatewayRecord): void => {
    events.append(record)
    try {
      events.flush()
    } catch (cause) {
      log.error({ err: cause }, 'events.unwritable')
    }
    waker.wake()
  }
  const frames = createOutboxStore({
    ...outbox,
    db: files.frames,
    name: 'frames',
    maxBytes: config.framesBytes ?? FRAMES_BYTES,
    announce: keepEvent,
    noteNow: () => String(frameService.metres()),
  })

  const gnss = installation.devices.find(({ profile: id }) =>
    Object.values(profileOf(profiles, id)?.readings ?? {}).some(({ capability }) => capability === 'position.lat'),
  )?.id
  const installed: Installed = {
    gatewayId,
    vehicleId: installation.vehicleId,
    sources: {
      ...(installation.ignition === undefined ? {} : { ignition: installation.ignition }),
      ...(installation.motion === undefined ? {} : { motion: installation.motion }),
      ...(installation.immobilizer?.sense === undefined ? {} : { sense: installation.immobilizer.sense }),
      ...(installation.immobilizer === undefined ? {} : { relay: installation.immobilizer.device }),
      ...(gnss === undefined ? {} : { gnss }),
    },
    policy: interlockPolicy(installation.interlock, {
      allowRunningCircuitCut: config.allowRunningCircuitCut === true,
    }),
    ...(installation.immobilizer === undefined ? {} : { circuit: installation.immobilizer.circuit }),
    ...(installation.sealed === undefined ? {} : { sealedAt: installation.sealed.at }),
    software,
    boot,
  }
  const immobilizer = createImmobilizerService({
    relay,
    inbox: files.inbox,
    append: keepEvent,
    timeQuality: quality,
    installed,
    clock,
    log,
  })
  const frameService = createFrameService({
    installation,
    ...(gnss === undefined ? {} : { gnss }),
    readings: createVehicleReadings((reading) => {
      const device = installation.devices.find(({ id }) => id === reading.device)
      return readingPeriod(device && profileOf(profiles, device.profile), reading.name)
    }),
    clock,
    timeQuality: quality,
    trust: immobilizer.trust,
    keepFrame: frames.append,
    keepEvent,
    metres: Math.max(files.odometer.load(), Number(frames.note() ?? 0)),
  })
  const orders = createOrderService({
    verify: createSignerKeysStore(signerKeys).verify,
    gatewayId,
    receive: immobilizer.receive,
    keepEvent,
    clock,
    log,
  })
  const cloud = createCloudClient({
    brokerUrl: config.brokerUrl ?? identity.grant.brokerUrl,
    gatewayId,
    access: accessOf(identity),
    protocolVersion: config.brokerVersion ?? 4,
    software,
    boot,
    clock,
    log,
    random: randomOf(world),
    onReceipt: ({ stream, through }) => {
      for (const store of [events, frames]) store.forgetThrough(stream, through)
      sendWindow.covered(stream, through)
      waker.wake()
    },
    onOrder: (payload) => void orders.take(payload),
    onConfig: () => log.warn({}, 'config.not-supported'),
    onChange: waker.wake,
  })

  let savedMetres = frameService.metres()
  let savedAt = clock.steady()
  const keepOdometer = (atLeastEvery: number): void => {
    if (frameService.metres() === savedMetres || clock.steady() - savedAt < atLeastEvery) return
    files.odometer.save(frameService.metres())
    savedMetres = frameService.metres()
    savedAt = clock.steady()
  }

  const run = async (runDevices: RunDevices, stop: AbortSignal): Promise<void> => {
    for (const name of files.mishaps) keepEvent({ kind: 'event', name, at: clock.now(), data: {} })
    keepEvent({ kind: 'event', name: 'gateway-started', at: clock.now(), data: { software, boot } })
    const uplink = new AbortController()
    const sending = Promise.all([
      cloud.run(uplink.signal),
      runOutboxLoop(
        { outboxes: [events, frames], window: sendWindow, waker, uplink: cloud, clock, log },
        uplink.signal,
      ),
      runFlushLoop(
        {
          outboxes: [events, frames],
          before: () => {
            frameService.consider()
            keepOdometer(SAVE_ODOMETER)
          },
          committed: waker.wake,
          clock,
          log,
        },
        uplink.signal,
      ),
    ])
    await Promise.all([
      immobilizer.run(stop),
      runDevices((readings) => {
        immobilizer.observe(readings)
        frameService.take(readings)
      }, stop),
    ])
    frames.flush()
    keepOdometer(0)
    uplink.abort()
    await sending
  }

  return { parts: { identity, immobilizer, orders, frameService, cloud, events, frames }, run }
}

const SAVE_ODOMETER = seconds(60)

const profileOf = (profiles: readonly Profile[], id: string): Profile | undefined =>
  profiles.find((profile) => profile.id === id)

function accessOf({ grant, keyPem }: Identity): CloudAccess {
  return grant.by === 'password'
    ? { by: 'password', password: grant.password, caPem: grant.caPem }
    : { by: 'certificate', keyPem, certificatePem: grant.certificatePem, caPem: grant.caPem }
}

function statusOf(parts: Parts | undefined): GatewayStatus {
  if (parts === undefined)
    return {
      uplink: 'away',
      relay: 'unknown',
      trust: 'ok',
      work: 'none',
      highestOrderSeq: 0,
      rejectedOrders: 0,
      odometerKm: 0,
      kept: { events: 0, frames: 0 },
    }
  const { identity, immobilizer, orders, frameService, cloud, events, frames } = parts
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
    odometerKm: frameService.metres() / 1000,
    kept: { events: events.size().records, frames: frames.size().records },
    ...(lastFrame === undefined ? {} : { lastFrame }),
  }
}
