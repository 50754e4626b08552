// Long on purpose: one thread with one power switch. What a cut takes away and what it leaves must be seen in one place.
import type { Configuration } from '#contract/configuration.ts'
import type { GatewayId, StreamId, VehicleId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import { type Order, OrderReport } from '#contract/order.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { stepImmobilizer, wakeAt } from '../../edge/immobilizer/immobilizer.ts'
import {
  type ImmobilizerMemory,
  type ImmobilizerState,
  type Installed,
  type Moment,
  startState,
} from '../../edge/immobilizer/immobilizer-state.ts'
import { type Effect, type ImmobilizerEvent, verdictNow } from '../../edge/immobilizer/immobilizer-step.ts'
import { interlockPolicy } from '../../edge/interlock/interlock-policy.ts'
import { gnssTrust } from '../../edge/position/gnss-trust.ts'
import { freshUnlockState, tryUnlockCode, type UnlockState } from '../../edge/unlock/unlock-attempt.ts'
import { type ConfigurationFile, createSimulatedConfiguration, emptyConfigurationFile } from './configuration.ts'
import { createFrames } from './frames.ts'
import { gatewayIdOf, vehicleIdOf } from './gateway-ids.ts'
import type { Inside } from './gateway-inside.ts'
import { createSimulatedIdentity, firstIdentity, type IdentityFile } from './identity.ts'
import { createSimulatedInbox, emptyInboxFile, type InboxFile } from './order-inbox.ts'
import {
  copyOfOutbox,
  createSimulatedOutbox,
  emptyOutboxFile,
  type HeadFile,
  type OutboxFile,
  recordKeys,
  type SimulatedOutbox,
} from './outbox.ts'
import type { Point } from './plan.ts'
import { createPolls } from './polls.ts'
import type { RelayBoard } from './relay-board.ts'
import { createRelayWrites } from './relay-writes.ts'
import { fittingOf, type Sensors, sourcesOf } from './sensors.ts'
import { instant, START_OF_TIME, type World } from './world.ts'

/** A message on `down/order`; `genuine` stands for the signature: nobody but the signer can set it. */
export type OrderMessage = { readonly order: Order; readonly genuine: boolean }

export type Gateway = {
  readonly id: GatewayId
  readonly vehicleId: VehicleId
  isUp(): boolean
  start(): void
  crash(cut: 'process' | 'power'): void
  state(): ImmobilizerState
  boot(): string
  steady(): number
  wall(): number
  clockTrusted(): boolean
  outboxes(): readonly SimulatedOutbox[]
  takeOrder(message: OrderMessage): void
  takeConfiguration(document: Configuration): void
  takeReceipt(stream: StreamId, through: number): void
  /** Version of the configuration it works with. */
  configuration(): number
  /** Serial number of the certificate it connects with. */
  certificate(): string
  /** Its certificate has come to the last third of its life. */
  ageCertificate(): void
  typeCode(code: string): 'accepted' | 'wrong' | 'locked' | 'dead'
  codeAt(counter: number): string
  nextCounter(): number
  backUp(): void
  restoreBackup(): void
  setActive(active: boolean): void
  /** Something happens to this car: it is looked at more often for a while. */
  stir(): void
  /** Does the interlock, asked now, withhold the open block? */
  heldBack(): boolean
}

type Deps = {
  readonly world: World
  readonly vehicle: number
  readonly board: RelayBoard
  readonly sensors: Sensors
  /** Something was committed that wants to be sent. */
  readonly committed: () => void
  readonly receipted: (stream: StreamId, through: number) => void
  readonly died: () => void
  readonly isConnected: () => boolean
  /** Asks the cloud for a next certificate; undefined where no answer comes. */
  readonly renew: (present: string) => string | undefined
}

type Disk = {
  readonly inbox: InboxFile
  readonly configuration: ConfigurationFile
  readonly identity: IdentityFile
  unlock: UnlockState
  readonly heads: { events: HeadFile; frames: HeadFile }
  events: OutboxFile
  frames: OutboxFile
}

const FRAMES_KEPT = 130
const VERSION = 'sim'

/** The edge as a simulated shell around the real cores: one thread that a disk can hold up, and a power switch. */
export function createGateway(deps: Deps): Gateway {
  const { world, vehicle, board, sensors } = deps
  const { oracle } = world
  const draw = world.draw(`gateway-${vehicle}`)
  const fitting = fittingOf(vehicle)
  const [id, vehicleId] = [gatewayIdOf(vehicle), vehicleIdOf(vehicle)]
  const drift = 1 + draw.between(-5e-5, 5e-5)
  const hasNtp = vehicle % 3 !== 2
  const disk: Disk = {
    inbox: emptyInboxFile(),
    configuration: emptyConfigurationFile(vehicleId),
    identity: firstIdentity(),
    unlock: freshUnlockState,
    heads: { events: {}, frames: {} },
    events: emptyOutboxFile(),
    frames: emptyOutboxFile(),
  }
  const inbox = createSimulatedInbox({
    file: disk.inbox,
    full: () => world.fault('disk-full', vehicle) !== undefined,
  })
  let backup: Pick<Disk, 'events' | 'frames'> | undefined
  let life = 0
  let up = false
  let booted = 0
  let synced = false
  let bootId = ''
  let lastCut: 'process' | 'power' = 'power'
  let installed = installedNow()
  let state = startState(inbox.load(), millis(0))
  let unlock = disk.unlock
  let events: SimulatedOutbox | undefined
  let frames: SimulatedOutbox | undefined
  let agenda: Effect[] = []
  let queue: ImmobilizerEvent[] = []
  let mailbox: (() => void)[] = []
  let blocked = false
  let tickAt = Number.POSITIVE_INFINITY
  let highestReceived = 0

  function installedNow(): Installed {
    return {
      gatewayId: id,
      vehicleId,
      sources: sourcesOf(fitting),
      policy: interlockPolicy(),
      circuit: 'starter',
      sealedAt: '2026-11-01T09:00:00Z',
      software: VERSION,
      boot: bootId,
    }
  }

  const steady = (): number => 1000 + (world.now() - booted) * drift
  const clockFault = () => world.fault('clock-jump', vehicle)
  const wall = (): number =>
    synced || !hasNtp ? START_OF_TIME + world.now() + (clockFault()?.by ?? 0) : Math.round(steady())
  const clockTrusted = (): boolean => synced && clockFault() === undefined
  const moment = (): Moment => ({
    steady: millis(steady()),
    wall: instant(wall()),
    quality: clockTrusted() ? 'ntp' : 'estimated',
  })

  /** Runs later unless the process has died by then. */
  const later = (ms: number, run: () => void): void => {
    const mine = life
    world.after(ms, () => {
      if (life === mine && up) run()
    })
  }
  /** What comes from outside waits while the thread is held up. */
  const inProcess = (run: () => void): void => {
    if (blocked) return void mailbox.push(run)
    run()
    work()
  }
  const block = (ms: number, then: () => void): void => {
    blocked = true
    later(ms, () => {
      blocked = false
      then()
      work()
    })
  }

  const passes = (point: Point): boolean => {
    const happens = world.passes(point, vehicle)
    if (happens === 'crash' || happens === 'power-cut') {
      crash(happens === 'crash' ? 'process' : 'power')
      later(0, () => {})
      const mine = life
      world.after(draw.between(2000, 40_000), () => {
        if (life === mine && !up) start()
      })
      return true
    }
    if (typeof happens === 'number') block(happens, () => {})
    return false
  }

  const work = (): void => {
    while (up && !blocked) {
      const effect = agenda.shift()
      if (effect !== undefined) {
        execute(effect)
        continue
      }
      const event = queue.shift()
      if (event !== undefined) {
        step(event)
        continue
      }
      const message = mailbox.shift()
      if (message === undefined) break
      message()
    }
    if (up && !blocked) schedule()
  }

  const step = (event: ImmobilizerEvent): void => {
    const before = state
    const stepped = stepImmobilizer(state, event, moment(), installed)
    state = stepped.state
    agenda.push(...stepped.effects)
    if (state.work !== before.work || state.memory !== before.memory) noteState()
  }
  const dispatch = (event: ImmobilizerEvent): void => {
    queue.push(event)
    work()
  }
  const noteState = (): void => {
    const { open, reported } = state.memory
    const { ignition, fix } = state.evidence
    world.abstractState(
      [
        state.work.work,
        open === undefined ? '-' : `${open.order.action}/${open.phase}`,
        reported,
        board.register(),
        board.contact(),
        ignition?.on === true ? 'key' : ignition?.calmSince === undefined ? 'unsure' : 'off',
        fix?.slowSince === undefined ? 'moving' : 'slow',
        gnssTrust(state.evidence.trust),
        state.release ?? '-',
      ].join(' '),
    )
    world.trace(1, state.ticket)
  }

  const execute = (effect: Effect): void => {
    switch (effect.effect) {
      case 'save': {
        saveMemory(effect.memory, effect.ticket)
        return
      }
      case 'report':
        oracle.check('I4', vehicle, OrderReport.safeParse(effect.report).success, () => 'a report breaks the contract')
        if (effect.report.state === 'verified') {
          if (passes('after-read-back-before-report')) return
          const target = state.memory.reported === 'blocked' ? 'blocked' : 'free'
          const said = board.lastSaid(target)
          // Said again after a start, it tells of what was true before.
          if (state.work.work !== 'booting')
            oracle.check(
              'I4',
              vehicle,
              world.now() - said < 3000,
              () => `verified ${target} was reported, never read back`,
            )
          oracle.ledger.verifiedSaid.add(effect.report.orderId)
          world.sometimes(`verified: ${target}`)
          if (target === 'blocked' && !fitting.motion && fitting.gnss === 'polled')
            world.sometimes('a polled receiver alone proved a standstill')
        }
        if (
          effect.report.state === 'executing' &&
          state.memory.open !== undefined &&
          steady() - state.memory.open.received.steadyAt > 5000
        )
          world.sometimes('order waited then executed')
        world.sometimes(`report: ${effect.report.state}${'reason' in effect.report ? ` ${effect.report.reason}` : ''}`)
        {
          keepEvent(effect.report, () => queue.push({ event: 'told', report: effect.report }))
          return
        }
      case 'event':
        world.sometimes(`event: ${effect.record.name}`)
        {
          keepEvent(effect.record)
          return
        }
      case 'read': {
        later(0, () =>
          board.read((word) =>
            later(0, () => inProcess(() => dispatch({ event: 'drive', ticket: effect.ticket, word }))),
          ),
        )
        return
      }
      case 'write': {
        writeDrive(effect.target, effect.ticket)
        return
      }
      default:
        effect satisfies never
    }
  }

  const saveMemory = (memory: ImmobilizerMemory, ticket: number): void => {
    const isIntent = memory.open?.phase === 'intent'
    if (isIntent && passes('after-verify-before-intent')) return
    if (world.fault('disk-full', vehicle) !== undefined) return void queue.push({ event: 'unsaved', ticket })
    const stall = world.fault('fsync-stall', vehicle)
    const saved = (): void => {
      queue.push({ event: 'saved', ticket })
      if (isIntent) passes('after-intent-before-coil')
    }
    if (blocked || (stall?.disk === 'state' && stall.stall > 0)) {
      const synced = inbox.begin(memory)
      world.sometimes('a save was held up by the disk')
      block(stall?.stall ?? 10, () => {
        synced()
        saved()
      })
      return
    }
    inbox.save(memory)
    saved()
  }

  const schedule = (): void => {
    const now = steady()
    const due = wakeAt(state, millis(now))
    if (due === undefined) return
    const at = world.now() + Math.max(1, due - now)
    if (tickAt <= at && tickAt > world.now()) return
    tickAt = at
    later(at - world.now(), () => {
      if (tickAt === at) tickAt = Number.POSITIVE_INFINITY
      inProcess(() => dispatch({ event: 'tick' }))
    })
  }

  /** `stored` runs once it is on disk, and never where the disk refuses or the process ends before. */
  const keepEvent = (record: GatewayRecord, stored: () => void = () => {}): void => {
    world.tell(vehicle, () => told(record))
    events?.append(record)
    const flushEvents = (): void => {
      if (flush(events)) stored()
    }
    const stall = world.fault('fsync-stall', vehicle)
    if (stall?.disk === 'outbox' && !blocked) {
      block(stall.stall, flushEvents)
      return
    }
    flushEvents()
  }
  const flush = (outbox: SimulatedOutbox | undefined): boolean => {
    const mine = life
    try {
      const stored = outbox?.flush() ?? 0
      if (life !== mine) return false
      if (stored > 0) deps.committed()
      return true
    } catch {
      world.sometimes('a full disk refused records')
      return false
    }
  }

  const outboxOf = (name: 'events' | 'frames'): SimulatedOutbox =>
    createSimulatedOutbox({
      file: disk[name],
      heads: disk.heads[name],
      boot: bootId,
      steady,
      wall,
      uuid: world.uuid,
      ...(name === 'frames' ? { maxRecords: FRAMES_KEPT, announce: keepEvent } : {}),
      full: () => world.fault('disk-full', vehicle) !== undefined,
      committed: (key, record) => oracle.accepted(vehicle, key, record),
      forgotten: (key) => oracle.forgotten(vehicle, key),
      dies: (point) => passes(point),
    })

  function start(): void {
    if (up) return
    life += 1
    up = true
    // A process that died leaves the machine's clocks running and set.
    if (lastCut === 'power') {
      booted = world.now()
      synced = false
    }
    world.tell(
      vehicle,
      () => `starts, remembering ${inbox.load().open?.phase ?? 'nothing'} and ${inbox.load().reported}`,
    )
    bootId = world.uuid()
    installed = installedNow()
    agenda = []
    queue = []
    mailbox = []
    polls.start()
    blocked = false
    tickAt = Number.POSITIVE_INFINITY
    unlock = { ...disk.unlock, wrongTries: 0, lockedUntil: millis(0) }
    state = startState(inbox.load(), millis(steady()))
    events = outboxOf('events')
    frames = outboxOf('frames')
    later(draw.between(5000, 60_000), () => {
      synced = hasNtp
    })
    dispatch({ event: 'started' })
    inProcess(configuration.start)
    later(0, identity.start)
    polls.anew()
  }

  function crash(cut: 'process' | 'power'): void {
    if (!up) return
    life += 1
    up = false
    blocked = false
    // Of what was being synced, nothing or all may have reached the disk.
    inbox.cut(() => draw.chance(0.5))
    lastCut = cut
    world.sometimes(`crash in ${state.work.work}`)
    if (cut === 'power') board.brownOut()
    deps.died()
  }

  const inside: Inside = {
    world,
    vehicle,
    draw,
    state: () => state,
    installed: () => installed,
    moment,
    steady,
    wall,
    clockTrusted,
    boot: () => bootId,
    isUp: () => up,
    isHeldUp: () => blocked,
    later,
    inProcess,
    dispatch,
    push: (event) => void queue.push(event),
    passes,
  }
  const writeDrive = createRelayWrites(inside, {
    board,
    stored: () => disk.inbox.memory,
    highestReceived: () => highestReceived,
  })
  const considerFrame = createFrames(inside, {
    append: (frame) => frames?.append(frame),
    flush: () => {
      flush(events)
      flush(frames)
    },
    look: (idle) => configuration.look({ idle, connected: deps.isConnected() }),
  })
  const polls = createPolls(inside, { sensors, heard: considerFrame })

  const takeOrder = ({ order, genuine }: OrderMessage): void => {
    if (!up) return
    inProcess(() => {
      if (!genuine) return world.sometimes('a forged order was turned away')
      if (order.aud === id && order.vehicleId === vehicleId) highestReceived = Math.max(highestReceived, order.seq)
      world.trace(2, order.seq)
      const wasActive = polls.isActive()
      dispatch({ event: 'order', order })
      if (!wasActive && polls.isActive()) polls.anew()
    })
  }

  const configuration = createSimulatedConfiguration({
    file: disk.configuration,
    own: { gatewayId: id, vehicleId },
    full: () => world.fault('disk-full', vehicle) !== undefined,
    wall,
    keepEvent,
    dies: (point) => passes(point),
  })
  const takeConfiguration = (document: Configuration): void => {
    if (up) inProcess(() => configuration.take(document))
  }

  const way = world.draw(`identity-${vehicle}`)
  const identity = createSimulatedIdentity({
    file: disk.identity,
    full: () => world.fault('disk-full', vehicle) !== undefined,
    ask: (present, answered) =>
      later(way.between(50, 400), () => {
        const serial = deps.renew(present)
        if (serial !== undefined) later(way.between(20, 200), () => inProcess(() => answered(serial)))
      }),
    dies: (point) => passes(point),
    later: (ms, run) => later(ms, () => inProcess(run)),
    world,
  })

  const takeReceipt = (stream: StreamId, through: number): void => {
    if (!up) return
    inProcess(() => {
      for (const outbox of outboxes()) if (up) outbox.forgetThrough(stream, through)
      if (up) deps.receipted(stream, through)
    })
  }
  const outboxes = (): readonly SimulatedOutbox[] => (up && events && frames ? [events, frames] : [])

  const codeAt = (counter: number): string => String(((counter + 1) * 7919 * (vehicle + 11)) % 1e8).padStart(8, '0')

  const typeCode = (code: string): 'accepted' | 'wrong' | 'locked' | 'dead' => {
    if (!up) return 'dead'
    const tried = tryUnlockCode(unlock, code, codeAt, millis(steady()))
    unlock = tried.state
    if (tried.answer.verdict !== 'accepted') return tried.answer.verdict
    if (world.fault('disk-full', vehicle) === undefined) disk.unlock = tried.state
    inProcess(() => dispatch({ event: 'local-release' }))
    return 'accepted'
  }

  return {
    id,
    vehicleId,
    isUp: () => up,
    start,
    crash,
    state: () => state,
    boot: () => bootId,
    steady,
    wall,
    clockTrusted,
    outboxes,
    takeOrder,
    takeConfiguration,
    takeReceipt,
    configuration: configuration.inForce,
    certificate: identity.serial,
    ageCertificate: identity.age,
    typeCode,
    codeAt,
    nextCounter: () => unlock.nextCounter,
    backUp: () => {
      backup = { events: copyOfOutbox(disk.events), frames: copyOfOutbox(disk.frames) }
    },
    restoreBackup: () => {
      if (backup === undefined) return
      // What only the lost files held is lost with them; nobody promised more.
      const kept = new Set([...recordKeys(backup.events), ...recordKeys(backup.frames)])
      for (const key of [...recordKeys(disk.events), ...recordKeys(disk.frames)])
        if (!kept.has(key)) oracle.destroyed(vehicle, key)
      Object.assign(disk, backup)
      backup = undefined
    },
    heldBack: () => verdictNow(state, moment(), installed).verdict !== 'proceed',
    stir: polls.stir,
    setActive: polls.setActive,
  }
}

const told = (record: GatewayRecord): string => {
  if (record.kind === 'frame') return 'frame'
  if (record.kind === 'event') return `event ${record.name} ${JSON.stringify(record.data)}`
  return `order ${record.orderSeq} ${record.state} ${'reason' in record ? record.reason : ''} relay ${record.relay}`
}
