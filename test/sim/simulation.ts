// Long on purpose: one run from plan to verdict, in the order in which things happen and are checked.
import type { Order } from '#contract/order.ts'
import { type Car, createCar } from './car.ts'
import { createCloud, shownState } from './cloud.ts'
import { createDraw, type Draw } from './draw-plan.ts'
import { createEventQueue } from './event-queue.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { vehicleIdOf } from './gateway-ids.ts'
import { guarded } from './guard.ts'
import { checkIsolation } from './isolation.ts'
import { createLink, type Link } from './link.ts'
import { createOracle } from './oracle.ts'
import { type Attack, type Happening, HOUR, type Invariant, MINUTE, type Plan, type Violation } from './plan.ts'
import { createRelayBoard, type RelayBoard } from './relay-board.ts'
import { createSensors, fittingOf } from './sensors.ts'
import type { World } from './world.ts'

export type Run = {
  readonly violations: readonly Violation[]
  readonly checks: Readonly<Record<Invariant, number>>
  /** Faults and life that really happened, by kind. */
  readonly happened: Readonly<Record<string, number>>
  readonly sometimes: readonly string[]
  readonly states: readonly string[]
  readonly events: number
  readonly vehicleHours: number
  readonly hash: string
}

export type RunOptions = {
  /** Stops at the first violation of this invariant, or of any. */
  readonly until?: Invariant | 'any'
  /** Hears the story of the run, line by line. */
  readonly tell?: (vehicle: number, at: number, what: string) => void
}

type Vehicle = { readonly car: Car; readonly board: RelayBoard; readonly gateway: Gateway; readonly link: Link }

const LIES: ReadonlySet<string> = new Set(['held', 'spoof', 'speed-zero', 'stuck-off', 'voltage', 'stuck-still'])
const SAFE_KMH = 5
/** The floor under every setting: ignition truly off for so long. */
const LEAST_OFF_MS = 30_000
/** A key that was turned within the greatest age of a reading, plus the contact's travel, nobody can have seen. */
const UNSEEN_MS = 3500
const CONVERGED_WITHIN = 5 * MINUTE
const UNLOCK_WITHIN = 2 * MINUTE

/** A run: nothing but a function of seed and plan. */
export const simulate = (seed: number, plan: Plan, options: RunOptions = {}): Run =>
  guarded(() => simulateUnguarded(seed, plan, options))

function simulateUnguarded(seed: number, plan: Plan, options: RunOptions): Run {
  const queue = createEventQueue()
  const draws = new Map<string, Draw>()
  const inForce: Happening[][] = Array.from({ length: plan.vehicles + 1 }, () => [])
  const happened = new Map<string, number>()
  const seen = new Set<string>()
  const states = new Set<string>()
  const end = plan.hours * HOUR
  let time = 0
  let events = 0
  let hash = 0x811c9dc5
  const oracle = createOracle(() => time)

  const draw = (name: string): Draw => {
    const known = draws.get(name) ?? createDraw(seed, name)
    draws.set(name, known)
    return known
  }
  const uuids = draw('uuid')
  const hex = (digits: number): string =>
    Math.floor(uuids.unit() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  const after = (ms: number, run: () => void): void => queue.push(time + Math.max(0, ms), run)
  const at = (moment: number, run: () => void): void => queue.push(Math.max(time, moment), run)
  const mix = (value: number): void => {
    hash = Math.imul(hash ^ (value | 0), 0x01000193)
  }
  const noted = (what: string): void => void happened.set(what, (happened.get(what) ?? 0) + 1)
  const inForceFor = (vehicle: number): Happening[] => inForce[vehicle + 1] ?? []
  const isLying = (vehicle: number): boolean =>
    inForceFor(vehicle).some((one) => one.kind === 'sensor' && LIES.has(one.shape))

  const world: World = {
    now: () => time,
    after,
    draw,
    uuid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(8)}${hex(4)}`,
    fault: (kind, vehicle) => {
      for (const one of inForceFor(vehicle)) if (isOf(one, kind)) return one
      return undefined
    },
    sensorFault: (sensor, vehicle) => {
      for (const one of inForceFor(vehicle)) if (one.kind === 'sensor' && one.sensor === sensor) return one
      return undefined
    },
    passes: (point, vehicle) => {
      const armed = vehicle < 0 ? inForce.flat() : inForceFor(vehicle)
      const found = armed.find((one) => one.kind === 'at-point' && one.point === point)
      if (found?.kind !== 'at-point') return undefined
      disarm(found)
      noted(`at-point ${point} ${found.action}`)
      world.tell(vehicle, () => `at ${point}: ${found.action}`)
      const target = vehicles[found.vehicle]
      if (found.action === 'start-engine')
        after(found.wait, () => target?.car.startTrip(3 * MINUTE, { hasty: true, brownOut: false, warmUp: 0 }))
      if (found.action === 'roll') after(found.wait, () => shove({ ...found, kind: 'roll', lasts: 4000, accel: 1.5 }))
      if (found.action === 'stall') return 300 + found.wait * 20
      return found.action === 'crash' || found.action === 'power-cut' ? found.action : undefined
    },
    oracle,
    sometimes: (what) => void seen.add(what),
    trace: (code, value) => {
      mix(Math.round(time))
      mix(code * 65_599 + Math.round(value))
    },
    abstractState: (state) => void states.add(state),
    tell: (vehicle, what) => options.tell?.(vehicle, time, what()),
  }

  const disarm = (one: Happening): void => {
    const list = inForceFor(one.vehicle)
    const index = list.indexOf(one)
    if (index >= 0) list.splice(index, 1)
  }

  // — vehicles —
  const vehicles: Vehicle[] = []
  const cloud = createCloud(world, plan.vehicles, (vehicle) => linkOf(vehicle))
  const linkOf = (vehicle: number): Link => {
    const link = vehicles[vehicle]?.link
    if (link === undefined) throw new Error(`no vehicle ${vehicle}`)
    return link
  }
  for (let vehicle = 0; vehicle < plan.vehicles; vehicle += 1) {
    const board = createRelayBoard(world, vehicle, (contact, orderId) => moved(vehicle, contact, orderId))
    const car = createCar({
      draw: draw(`car-${vehicle}`),
      now: () => time,
      after,
      startPermitted: () => board.contact() === 'closed',
      brownOut: () => {
        noted('crank-brown-out')
        reboot(vehicle, 'power', 6000)
      },
      started: (permitted) => world.sometimes(permitted ? 'an engine started' : 'a start was inhibited'),
    })
    const sensors = createSensors(world, vehicle, car, board)
    const gateway = createGateway({
      world,
      vehicle,
      board,
      sensors,
      committed: () => vehicles[vehicle]?.link.pump(),
      receipted: (stream, through) => vehicles[vehicle]?.link.covered(stream, through),
      died: () => vehicles[vehicle]?.link.lost(),
      isConnected: () => vehicles[vehicle]?.link.isConnected() === true,
      renew: (present) => (world.fault('link-down', vehicle) === undefined ? cloud.renew(vehicle, present) : undefined),
    })
    const link = createLink(world, vehicle, gateway, {
      isUp: cloud.isUp,
      admits: cloud.admits,
      connected: cloud.connected,
      disconnected: cloud.disconnected,
      accept: cloud.accept,
    })
    vehicles.push({ car, board, gateway, link })
  }

  /** Orders that were open when a right code was typed: it outranks them. */
  const cancelled = new Set<string>()
  /** I1, at the contact, against the true car. */
  const moved = (vehicle: number, contact: 'open' | 'closed', orderId: string | undefined): void => {
    world.trace(5, contact === 'open' ? 1 : 0)
    const car = vehicles[vehicle]?.car
    world.tell(vehicle, () => `contact ${contact}, ${((car?.speedAt(time) ?? 0) * 3.6).toFixed(1)} km/h`)
    if (contact === 'closed' || car === undefined) return
    const kmh = car.speedAt(time) * 3.6
    const wireCut = world.sensorFault('ignition', vehicle)?.shape === 'stuck-off'
    oracle.check('I1', vehicle, kmh <= SAFE_KMH, () => `blocked at ${kmh.toFixed(1)} km/h`)
    // A wired input that is cut tells nobody of an engine idling at standstill: the starter circuit is the last line.
    if (!wireCut) oracle.check('I1', vehicle, !car.engine(), () => 'blocked with the engine running')
    const since = time - car.keyChangedAt()
    const rested = car.ignition() ? since <= UNSEEN_MS : since >= LEAST_OFF_MS
    if (!wireCut)
      oracle.check('I1', vehicle, rested, () => `blocked ${Math.round(since / 1000)} s after the key was turned`)
    if (orderId === undefined) return
    oracle.check('I7', vehicle, !cancelled.has(orderId), () => 'a block acted that an unlock code had cancelled')
    const executions = (oracle.ledger.executions.get(orderId) ?? 0) + 1
    oracle.ledger.executions.set(orderId, executions)
    oracle.check('I2', vehicle, executions === 1, () => `order ${orderId} was executed ${executions} times`)
  }

  const reboot = (vehicle: number, cut: 'process' | 'power', down: number): void => {
    vehicles[vehicle]?.gateway.crash(cut)
    after(down, () => vehicles[vehicle]?.gateway.start())
  }
  const shove = (one: Happening): void => {
    const car = vehicles[one.vehicle]?.car
    if (car === undefined || isLying(one.vehicle) || car.ignition()) return
    noted(one.kind)
    if (one.kind === 'roll') car.roll(one.accel, one.lasts)
    if (one.kind === 'tow') car.tow(one.speed, one.lasts)
  }

  // — people —
  const wishes = new Map<string, { readonly vehicle: number; placed: boolean; lifted: boolean; wantsLift: boolean }>()
  const slots = new Map<string, string>()
  const place = (one: Extract<Happening, { kind: 'hold' }>): void => {
    const key = `${one.vehicle}/${one.slot}`
    const current = wishes.get(slots.get(key) ?? '')
    // A double click, or a second person: the same hold once more.
    const id = current !== undefined && !current.wantsLift ? (slots.get(key) ?? '') : world.uuid()
    slots.set(key, id)
    const wish = wishes.get(id) ?? { vehicle: one.vehicle, placed: false, lifted: false, wantsLift: false }
    wishes.set(id, wish)
    const insist = (): void => {
      if (wish.wantsLift && !wish.placed) return
      if (cloud.place(one.vehicle, id, one.reason)) wish.placed = true
      else {
        world.sometimes('a person had to repeat a wish')
        after(15_000, insist)
      }
    }
    insist()
  }
  const lift = (one: Extract<Happening, { kind: 'lift' }>): void => {
    const id = slots.get(`${one.vehicle}/${one.slot}`)
    const wish = id === undefined ? undefined : wishes.get(id)
    if (id === undefined || wish === undefined) return
    wish.wantsLift = true
    const insist = (): void => {
      if (cloud.lift(id)) wish.lifted = true
      else if (cloud.isUp() && !wish.placed && !cloud.tables().holds.some((hold) => hold.id === id)) wish.lifted = true
      else after(15_000, insist)
    }
    insist()
  }

  /** I7: whoever types the right code at a gateway that runs and a relay that works drives off within two minutes. */
  const unlock = (vehicle: number, wrongTries: number): void => {
    const target = vehicles[vehicle]
    if (target === undefined || !target.gateway.isUp()) return
    const { gateway, board, link } = target
    const boot = gateway.boot()
    const offline = !link.isConnected() || !cloud.isUp()
    const from = time
    const before = board.contact()
    let closedAt = before === 'closed' ? time : undefined
    let spoilt = false
    const watch = (): void => {
      if (board.contact() === 'closed') closedAt ??= time
      if (world.fault('relay', vehicle) !== undefined || gateway.boot() !== boot || !gateway.isUp()) spoilt = true
      if (closedAt === undefined && !spoilt && time - from <= UNLOCK_WITHIN) {
        after(250, watch)
        return
      }
      if (spoilt) {
        world.sometimes('an unlock met a broken relay or a reboot')
        return
      }
      oracle.check(
        'I7',
        vehicle,
        closedAt !== undefined,
        () => `a right code did not free the car in 2 min (${gateway.state().work.work})`,
      )
      if (before === 'open') world.sometimes(offline ? 'unblock by code while partitioned' : 'unblock by code')
    }
    const type = (left: number): void => {
      if (time - from > UNLOCK_WITHIN) return
      const right = gateway.codeAt(gateway.nextCounter() + 1)
      const open = gateway.state().memory.open?.order.orderId
      const answer = gateway.typeCode(left > 0 ? '00000000' : right)
      if (answer === 'accepted' && open !== undefined) cancelled.add(open)
      if (answer === 'accepted')
        oracle.check('I7', vehicle, gateway.typeCode(right) !== 'accepted', () => 'a code worked twice')
      else after(answer === 'locked' ? 61_000 : 3000, () => type(answer === 'wrong' ? left - 1 : left))
    }
    type(wrongTries)
    watch()
  }

  const attack = (vehicle: number, shape: Attack): void => {
    const target = vehicles[vehicle]
    const messages = cloud.overheard(vehicle)
    const others = cloud.overheard((vehicle + 1) % plan.vehicles)
    const last = messages.at(-1)
    const chance = draw('attacker')
    if (target === undefined) return
    const send = (order: Order | undefined, genuine = true): void => {
      if (order !== undefined) target.gateway.takeOrder({ order, genuine })
    }
    switch (shape) {
      case 'replay':
      case 'expired': {
        send(messages.length === 0 ? undefined : chance.pick(messages).order)
        return
      }
      case 'reorder':
        for (const { order } of messages.slice(-3).toReversed()) send(order)
        return
      case 'twice':
        send(last?.order)
        {
          send(last?.order)
          return
        }
      case 'bit-flip': {
        send(last === undefined ? undefined : { ...last.order, seq: (last.order.seq + 1) as Order['seq'] }, false)
        return
      }
      case 'foreign': {
        send(others.findLast(({ order }) => order.action === 'block')?.order)
        return
      }
      case 'wrong-vehicle': // Signed for this gateway before it was moved to another car.
        {
          send(
            last === undefined || last.order.action !== 'block'
              ? undefined
              : {
                  ...last.order,
                  orderId: world.uuid() as Order['orderId'],
                  seq: (last.order.seq + 0) as Order['seq'],
                  vehicleId: vehicleIdOf((vehicle + 1) % 10),
                },
          )
          return
        }
      default:
        shape satisfies never
    }
  }

  // — the plan —
  const stirred = ({ vehicle, lasts }: Happening): void => {
    const cars = vehicle < 0 ? vehicles : [vehicles[vehicle]]
    const stir = (): void => cars.forEach((car) => void car?.gateway.stir())
    stir()
    // A fault may outlast what the car is watched for, and what it left behind is to be seen.
    for (let minutes = 15; minutes * MINUTE < lasts; minutes += 15) after(minutes * MINUTE, stir)
    after(lasts, stir)
  }
  const begin = (one: Happening): void => {
    world.tell(one.vehicle, () => JSON.stringify(one))
    const target = vehicles[one.vehicle]
    if (one.kind !== 'trip') stirred(one)
    switch (one.kind) {
      case 'trip':
        noted(one.kind)
        {
          target?.car.startTrip(one.lasts, { hasty: false, brownOut: one.brownOut, warmUp: one.warmUp })
          return
        }
      case 'roll':
      case 'tow': {
        shove(one)
        return
      }
      case 'hold':
        noted(one.kind)
        {
          place(one)
          return
        }
      case 'lift':
        noted(one.kind)
        {
          lift(one)
          return
        }
      case 'unlock':
        noted(one.kind)
        {
          unlock(one.vehicle, one.wrongTries)
          return
        }
      case 'configure':
        noted(one.kind)
        {
          cloud.configure(one.vehicle)
          return
        }
      case 'certificate-ends':
        noted(one.kind)
        {
          target?.gateway.ageCertificate()
          return
        }
      case 'attack':
        noted(`attack ${one.shape}`)
        {
          attack(one.vehicle, one.shape)
          return
        }
      case 'kill':
        noted(`kill ${one.cut}`)
        {
          reboot(one.vehicle, one.cut, one.lasts)
          return
        }
      case 'outbox-restored':
        noted(one.kind)
        target?.gateway.backUp()
        {
          after(one.lasts, () => {
            target?.gateway.crash('power')
            target?.gateway.restoreBackup()
            after(5000, () => target?.gateway.start())
          })
          return
        }
      case 'cloud-kill':
        noted(one.kind)
        cloud.crash(one.lostCommits)
        {
          after(one.lasts, cloud.start)
          return
        }
      default: {
        enforce(one)
        return
      }
    }
  }
  const enforce = (one: Happening): void => {
    const list = inForceFor(one.vehicle)
    if (one.kind === 'sensor' && LIES.has(one.shape) && (isLying(one.vehicle) || isShoved(one.vehicle))) return
    if (one.kind !== 'at-point') noted('shape' in one ? `${one.kind} ${one.shape}` : one.kind)
    list.push(one)
    if (one.kind === 'relay' && one.shape === 'brown-out') vehicles[one.vehicle]?.board.brownOut()
    after(one.lasts, () => {
      disarm(one)
      if (one.kind === 'relay') vehicles[one.vehicle]?.board.loosened()
    })
  }
  const isShoved = (vehicle: number): boolean => {
    const car = vehicles[vehicle]?.car
    return car !== undefined && !car.ignition() && car.speedAt(time) > 0
  }

  for (const one of plan.happenings) {
    at(one.at, () => begin(one))
    if (one.kind !== 'hold' || draw('attention').chance(0.4)) continue
    at(one.at - 6 * MINUTE, () => vehicles[one.vehicle]?.gateway.setActive(true))
    at(one.at + MINUTE, () => vehicles[one.vehicle]?.gateway.setActive(false))
  }

  // — the end —
  const wanted = (vehicle: number): 'open' | 'closed' =>
    [...wishes.values()].some((wish) => wish.vehicle === vehicle && wish.placed && !wish.lifted) ? 'open' : 'closed'
  /** A wish that has not been answered may have come true or not. */
  const isUnsettled = (vehicle: number): boolean =>
    [...wishes.values()].some((wish) => wish.vehicle === vehicle && (!wish.placed || wish.wantsLift !== wish.lifted))
  /** I4 all along: with nothing in the way for five minutes, a car that nobody holds is free. */
  const calmSince = vehicles.map(() => 0)
  const watchCalm = (): void => {
    vehicles.forEach(({ board, gateway }, vehicle) => {
      const troubled =
        !gateway.isUp() ||
        !cloud.isUp() ||
        [...inForceFor(vehicle), ...inForceFor(-1)].some(({ kind }) => kind !== 'at-point') ||
        wanted(vehicle) === 'open' ||
        isUnsettled(vehicle)
      if (troubled) calmSince[vehicle] = time
      if (time - (calmSince[vehicle] ?? 0) > CONVERGED_WITHIN)
        oracle.check(
          'I4',
          vehicle,
          board.contact() === 'closed',
          () => 'still blocked 5 min after the last fault, no hold stands',
        )
    })
    after(60_000, watchCalm)
  }
  watchCalm()
  at(end, () => {
    vehicles.forEach(({ board, gateway, link }, vehicle) => {
      const want = wanted(vehicle)
      const { faultUnder, open } = gateway.state().memory
      if (board.contact() === want) {
        oracle.check('I4', vehicle, true, () => '')
        const shown = shownState(cloud.tables(), vehicle)
        const fits = want === 'open' ? shown === 'blocked' : shown === 'permitted'
        oracle.check('I4', vehicle, fits, () => `the car is ${want}, the console says ${shown}`)
      } else if (want === 'open' && board.isWelded() && !fittingOf(vehicle).sense)
        world.sometimes('a stuck contact fooled a car without a sense contact')
      else if (want === 'open' && faultUnder !== undefined) world.sometimes('a latched relay fault kept a car free')
      else if (want === 'open' && open !== undefined && isHeldBack(gateway))
        world.sometimes('the interlock held back to the end')
      else
        oracle.check(
          'I4',
          vehicle,
          false,
          () =>
            `holds want ${want}, the relay is ${board.contact()}; work ${gateway.state().work.work}, open ${open?.order.action ?? '-'}, connected ${String(link.isConnected())}`,
        )
      const current = open?.order.orderId
      for (const { order } of cloud.overheard(vehicle))
        if (order.orderId !== current && gateway.state().memory.knownOrders.includes(order.orderId))
          oracle.check(
            'I5',
            vehicle,
            oracle.ledger.finalStored.has(order.orderId) || oracle.ledger.finalDestroyed.has(order.orderId),
            () => `order ${order.seq} ended without a record of it`,
          )
    })
    vehicles.forEach(({ gateway }, vehicle) => {
      const version = gateway.configuration()
      if (version > 1) world.sometimes('a configuration was applied')
      oracle.check(
        'I4',
        vehicle,
        version === 1 || oracle.ledger.appliedTold.has(`${vehicle}/${version}`),
        () => `configuration ${version} is in force, and the cloud was never told`,
      )
    })
    cloud.judgeAudit()
    oracle.nothingLost(() => -1)
    oracle.check(
      'I3',
      -1,
      cloud.tables().history === cloud.journalLength(),
      () => `history has ${cloud.tables().history} of ${cloud.journalLength()} entries`,
    )
  })
  const isHeldBack = (gateway: Gateway): boolean => gateway.heldBack()

  checkIsolation(draw('isolation'), oracle, 200)
  cloud.start()
  for (const { gateway } of vehicles) gateway.start()
  const stops = (): boolean =>
    options.until !== undefined &&
    oracle.violations().some(({ invariant }) => options.until === 'any' || options.until === invariant)
  let known = 0
  for (let next = queue.pop(); next !== undefined && next.at <= end; next = queue.pop()) {
    time = next.at
    events += 1
    next.run()
    if (oracle.violations().length === known) continue
    known = oracle.violations().length
    if (stops()) break
  }
  mix(events)
  return {
    violations: oracle.violations(),
    checks: oracle.checks(),
    happened: Object.fromEntries([...happened].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    sometimes: [...seen].toSorted(),
    states: [...states],
    events,
    vehicleHours: plan.hours * plan.vehicles,
    hash: (hash >>> 0).toString(16).padStart(8, '0'),
  }
}

const isOf = <K extends Happening['kind']>(one: Happening, kind: K): one is Extract<Happening, { kind: K }> =>
  one.kind === kind
