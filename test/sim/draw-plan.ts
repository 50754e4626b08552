import { type Random, seededRandom } from '../support/seeded-random.ts'
import {
  ATTACKS,
  CALM_BEFORE_END,
  type Happening,
  HOUR,
  MINUTE,
  type Plan,
  POINTS,
  RELAY_SHAPES,
  SENSOR_SHAPES,
  type SensorName,
} from './plan.ts'
import { fittingOf } from './sensors.ts'

export type Draw = {
  readonly unit: Random
  between(low: number, high: number): number
  whole(low: number, high: number): number
  chance(share: number): boolean
  pick<Item>(items: readonly Item[]): Item
}

/** A named stream of chance of its own, with the few shapes of draw the simulator wants. */
export function createDraw(seed: number, name: string): Draw {
  const unit = seededRandom(seed, name)
  const between = (low: number, high: number): number => low + unit() * (high - low)
  return {
    unit,
    between,
    whole: (low, high) => Math.floor(between(low, high + 1)),
    chance: (share) => unit() < share,
    pick: (items) => {
      const picked = items[Math.floor(unit() * items.length)]
      if (picked === undefined) throw new Error('nothing to pick from')
      return picked
    },
  }
}

/** `dense`: one episode after the other, most of them ambushes; `wide`: days as a fleet has them. */
export type Size = { readonly hours: number; readonly vehicles: number; readonly pace: 'dense' | 'wide' }

const GAPS = { dense: [0.35, 0.9], wide: [10, 30] } as const

/** Draws the whole story of a seed: days of quiet, and episodes in which holds, faults and people crowd. */
export function drawPlan(seed: number, { hours, vehicles, pace }: Size): Plan {
  const last = hours * HOUR - CALM_BEFORE_END
  const happenings: Happening[] = []
  for (let vehicle = 0; vehicle < vehicles; vehicle += 1) {
    const draw = createDraw(seed, `plan-${vehicle}`)
    const [least, most] = GAPS[pace]
    for (let at = draw.between(8, 60) * MINUTE; at < last - 35 * MINUTE; at += draw.between(least, most) * HOUR)
      happenings.push(...(draw.chance(0.5) ? drawAmbush(draw, vehicle, vehicles, at) : drawEpisode(draw, vehicle, at)))
    for (let at = draw.between(0.5, 6) * HOUR; at < last - 40 * MINUTE; at += draw.between(5, 14) * HOUR)
      happenings.push(drawTrip(draw, vehicle, at))
    happenings.push(...drawRenewal(createDraw(seed, `plan-renewal-${vehicle}`), vehicle, last))
  }
  const cloud = createDraw(seed, 'plan-cloud')
  const busy = happenings.filter(({ kind }) => kind === 'hold')
  for (const { at } of busy) if (cloud.chance(0.3)) happenings.push(drawCloudFault(cloud, at))
  const within = happenings
    .filter(({ at }) => at < last)
    .map((one) => ({ ...one, lasts: Math.min(one.lasts, last - one.at) }))
  return { hours, vehicles, happenings: within.toSorted((a, b) => a.at - b.at) }
}

const drawTrip = (draw: Draw, vehicle: number, at: number): Extract<Happening, { kind: 'trip' }> => ({
  kind: 'trip',
  vehicle,
  at,
  lasts: draw.between(3, 15) * MINUTE,
  brownOut: draw.chance(0.1),
  warmUp: draw.chance(0.15) ? draw.between(1, 4) * MINUTE : 0,
})

/** Holds come and go within half an hour while the world misbehaves. */
function drawEpisode(draw: Draw, vehicle: number, at: number): readonly Happening[] {
  const happenings: Happening[] = []
  const add = (one: Happening): void => void happenings.push(one)
  const reason = draw.pick(['zone', 'balance', 'inspection', 'papers', 'manual', 'theft'] as const)
  const lasts = draw.between(2, 22) * MINUTE
  add({ kind: 'hold', vehicle, at, lasts: 0, slot: 0, reason })
  if (draw.chance(0.25)) add({ kind: 'hold', vehicle, at: at + draw.between(1, 400), lasts: 0, slot: 0, reason })
  const second = draw.chance(0.35)
  if (second) add({ kind: 'hold', vehicle, at: at + draw.between(0, 5 * MINUTE), lasts: 0, slot: 1, reason: 'manual' })
  if (draw.chance(0.92)) {
    add({ kind: 'lift', vehicle, at: at + lasts, lasts: 0, slot: 0 })
    if (second) add({ kind: 'lift', vehicle, at: at + lasts + draw.between(-3, 3) * MINUTE, lasts: 0, slot: 1 })
  }
  if (draw.chance(0.45)) add(drawTrip(draw, vehicle, at + draw.between(-12, 9) * MINUTE))
  if (draw.chance(0.12)) add(drawShove(draw, vehicle, at + draw.between(0, 6) * MINUTE))
  if (draw.chance(0.3))
    add({
      kind: 'unlock',
      vehicle,
      at: at + draw.between(0.5, 18) * MINUTE,
      lasts: 0,
      wrongTries: draw.pick([0, 0, 0, 1, 3]),
    })
  if (draw.chance(0.25)) for (const one of drawConfiguration(draw, vehicle, at)) add(one)
  const faults = draw.pick([0, 0, 1, 1, 2, 3])
  for (let fault = 0; fault < faults; fault += 1) add(drawFault(draw, vehicle, at))
  const points = draw.pick([0, 0, 1, 1, 2])
  for (let point = 0; point < points; point += 1) add(drawPoint(draw, vehicle, at))
  return happenings
}

/** Half of them meet a gateway that stops right after the change is in force. */
function drawConfiguration(draw: Draw, vehicle: number, episode: number): readonly Happening[] {
  const at = episode + draw.between(-10, 10) * MINUTE
  const change: Happening = { kind: 'configure', vehicle, at, lasts: 0 }
  const action = draw.pick(['crash', 'power-cut'] as const)
  const point = 'config-applied-before-ack'
  const stop: Happening = { kind: 'at-point', vehicle, at, lasts: 25 * MINUTE, point, action, wait: 0 }
  return draw.chance(0.5) ? [change, stop] : [change]
}

/** In one run of two; half of them meet a gateway that stops with the next certificate in its hands. */
function drawRenewal(draw: Draw, vehicle: number, last: number): readonly Happening[] {
  if (draw.chance(0.5)) return []
  const at = draw.between(0, 0.8) * last
  const ends: Happening = { kind: 'certificate-ends', vehicle, at, lasts: 0 }
  const action = draw.pick(['crash', 'power-cut'] as const)
  const point = 'certificate-renewed-before-swap'
  const stop: Happening = { kind: 'at-point', vehicle, at, lasts: 3 * HOUR, point, action, wait: 0 }
  return draw.chance(0.5) ? [ends, stop] : [ends]
}

const drawShove = (draw: Draw, vehicle: number, at: number): Happening =>
  draw.chance(0.5)
    ? { kind: 'roll', vehicle, at, lasts: draw.between(2, 8) * 1000, accel: draw.between(0.3, 1.5) }
    : { kind: 'tow', vehicle, at, lasts: draw.between(1, 6) * MINUTE, speed: draw.between(2, 12) }

/**
 * A block comes at the very moment at which something else goes wrong, on a car that has stood for long. Plausible rates
 * bring these together once in years; a safety rule is only as good as what it does then.
 */
function drawAmbush(draw: Draw, vehicle: number, vehicles: number, at: number): readonly Happening[] {
  const just = (): number => at - draw.between(-300, 6000)
  const hold: Happening = { kind: 'hold', vehicle, at, lasts: 0, slot: 0, reason: 'manual' }
  const lift: Happening = { kind: 'lift', vehicle, at: at + draw.between(2, 20) * MINUTE, lasts: 0, slot: 0 }
  const start = { ...drawTrip(draw, vehicle, just()), brownOut: false }
  const shove = draw.chance(0.5)
    ? drawShove(draw, vehicle, just())
    : ({ kind: 'roll', vehicle, at: at - draw.between(-300, 1200), lasts: 4000, accel: 1.5 } as const)
  const blind = (shape: 'outage' | 'frozen' | 'late'): Happening => ({
    kind: 'sensor',
    sensor: 'gnss',
    shape,
    vehicle,
    at: at - draw.between(1, 25) * 1000,
    lasts: draw.between(20, 200) * 1000,
  })
  const lasting = { vehicle, at: at - draw.between(1, 8) * 1000, lasts: draw.between(10, 60) * 1000 }
  const [around, away] = [
    { vehicle, at: at + 10_000, lasts: draw.between(20, 34) * MINUTE },
    { vehicle, at: at - 5000, lasts: draw.between(15.5, 19) * MINUTE },
  ]
  const point = (name: (typeof POINTS)[number], action: 'crash' | 'power-cut' | 'stall' | 'start-engine' | 'roll') =>
    ({
      kind: 'at-point',
      vehicle,
      at: at - 1000,
      lasts: 25 * MINUTE,
      point: name,
      action,
      wait: draw.between(0, 700),
    }) as const
  const stall: Happening = { ...lasting, kind: 'fsync-stall', disk: 'state', stall: draw.between(1000, 15_000) }
  const early: readonly Happening[] = [hold, lift]
  const hidesItsAge = fittingOf(vehicle).gnss === 'polled' && !fittingOf(vehicle).motion
  switch (hidesItsAge && draw.chance(0.5) ? 15 : draw.whole(0, 15)) {
    case 13:
      // The key comes out, the power fails, the sky is gone: nothing may be remembered as calm.
      return [
        hold,
        lift,
        { ...start, at: at - 45_000, lasts: 0 },
        { kind: 'kill', cut: 'power', vehicle, at: at - draw.between(6, 20) * 1000, lasts: 3000 },
        { ...blind('outage'), at: at - 30_000, lasts: 90_000 },
      ]
    case 0:
      return [...early, shove]
    case 15:
      // Towed off or rolling for as long as a fix can hide its age.
      return [...early, { kind: 'roll', vehicle, at: at - draw.between(400, 1900), lasts: 4000, accel: 1.5 }]
    case 1:
      return [...early, shove, blind(draw.pick(['outage', 'frozen', 'late']))]
    case 2:
      return [...early, start, blind(draw.pick(['outage', 'frozen', 'late']))]
    case 3:
      // A clock set back makes old words look new, above all when no newer ones come.
      return [
        ...early,
        start,
        { ...lasting, kind: 'clock-jump', by: draw.pick([-HOUR, -40_000, 40_000, HOUR]) },
        draw.chance(0.5)
          ? { ...lasting, kind: 'sensor', sensor: 'ignition', shape: 'outage' }
          : blind(draw.pick(['outage', 'frozen'])),
      ]
    case 4:
      return [...early, stall, point('after-verify-before-intent', draw.pick(['start-engine', 'roll']))]
    case 5:
      return [...early, start, { ...lasting, kind: 'sensor', sensor: 'ignition', shape: 'outage' }]
    case 6:
      return [
        ...early,
        { ...start, at: at - draw.between(10, 60) * 1000, lasts: 9 * MINUTE, warmUp: 4 * MINUTE },
        { ...lasting, lasts: 8 * MINUTE, at: at - 7 * MINUTE, kind: 'sensor', sensor: 'ignition', shape: 'voltage' },
      ]
    case 7:
      return [
        ...early,
        start,
        { ...lasting, kind: 'relay', shape: draw.pick(['late-reply', 'late-reply', 'busy-line']) },
      ]
    case 8:
      return [...early, point('after-coil-before-read-back', 'power-cut')]
    case 9:
      // Nobody can take the order back, and it may act only when its time is over.
      return [
        hold,
        { ...around, kind: 'link-down', direction: 'both' },
        {
          ...away,
          kind: 'sensor',
          ...draw.pick([
            { sensor: 'ignition', shape: 'stuck-on' } as const,
            { sensor: 'gnss', shape: 'noise' } as const,
          ]),
        },
        { ...lift, at: at + 38 * MINUTE },
      ]
    case 10: {
      const other = { ...hold, vehicle: (vehicle + 1) % vehicles }
      return [
        other,
        { ...lift, vehicle: other.vehicle },
        { kind: 'attack', shape: 'foreign', vehicle, at: at + draw.between(1, 8) * 1000, lasts: 0 },
      ]
    }
    case 11:
      return [...early, { ...lasting, kind: 'relay', shape: draw.pick([...RELAY_SHAPES, 'lies', 'lies'] as const) }]
    case 12:
      // The driver stands beside the blocked car, and the cloud is far away.
      return [
        hold,
        { ...lift, at: at + 24 * MINUTE },
        {
          ...around,
          at: at + 2 * MINUTE,
          lasts: 10 * MINUTE,
          kind: 'link-down',
          direction: draw.pick(['both', 'down', 'up']),
        },
        { ...start, at: at + 3.5 * MINUTE },
        {
          kind: 'unlock',
          vehicle,
          at: at + draw.between(0.05, 4.2) * MINUTE,
          lasts: 0,
          wrongTries: draw.pick([0, 0, 1]),
        },
        { ...blind('outage'), at: at + 3 * MINUTE },
      ]
    default:
      return [
        hold,
        { ...lift, at: at + draw.between(2, 20) * MINUTE },
        {
          ...around,
          at: at - MINUTE,
          lasts: draw.between(0.5, 3.5) * HOUR,
          kind: 'link-down',
          direction: draw.pick(['both', 'up', 'down']),
        },
      ]
  }
}

/** Biased on purpose: what plausible rates never bring together is brought together here. */
function drawFault(draw: Draw, vehicle: number, episode: number): Happening {
  const at = episode + draw.between(-2, 8) * MINUTE
  const lasts = draw.pick([draw.between(2, 40) * 1000, draw.between(0.5, 9) * MINUTE])
  const base = { vehicle, at, lasts }
  const sensor = draw.pick<SensorName>(['gnss', 'gnss', 'gnss', 'ignition', 'motion'])
  switch (
    draw.pick([
      ...(['sensor', 'sensor', 'sensor', 'sensor', 'stall', 'stall', 'relay', 'relay', 'link', 'link'] as const),
      ...(['kill', 'clock', 'attack', 'attack', 'broker', 'full', 'restored'] as const),
    ])
  ) {
    case 'sensor':
      return { ...base, kind: 'sensor', sensor, shape: draw.pick(SENSOR_SHAPES[sensor]) }
    case 'stall':
      return { ...base, kind: 'fsync-stall', disk: draw.pick(['state', 'state', 'outbox']), stall: drawStall(draw) }
    case 'relay':
      return { ...base, kind: 'relay', shape: draw.pick(RELAY_SHAPES) }
    case 'link':
      return { ...base, kind: 'link-down', direction: draw.pick(['up', 'down', 'both']) }
    case 'kill':
      return { ...base, lasts: draw.between(3, 70) * 1000, kind: 'kill', cut: draw.pick(['process', 'power']) }
    case 'clock':
      return { ...base, kind: 'clock-jump', by: draw.pick([-HOUR, -40_000, 40_000, 20 * MINUTE, 400 * 24 * HOUR]) }
    case 'attack':
      return { ...base, kind: 'attack', shape: draw.pick(ATTACKS) }
    case 'broker':
      return { ...base, kind: 'broker', shape: draw.pick(['session-lost', 'retained-stale', 'duplicates']) }
    case 'full':
      return { ...base, kind: 'disk-full' }
    case 'restored':
      return { ...base, lasts: draw.between(3, 20) * 1000, kind: 'outbox-restored' }
  }
}

const drawStall = (draw: Draw): number => draw.pick([draw.between(200, 1500), draw.between(1500, 15_000)])

/** Without the one that only a renewal passes. */
const DRAWN_POINTS = POINTS.filter((point) => point !== 'certificate-renewed-before-swap')

function drawPoint(draw: Draw, vehicle: number, episode: number): Happening {
  const point = draw.pick([...DRAWN_POINTS, ...POINTS.slice(0, 4), ...POINTS.slice(0, 3)])
  const atRelay = POINTS.indexOf(point) < 4
  const isCloudSql = point === 'audit-leaf-before-checkpoint'
  const action = isCloudSql
    ? draw.pick(['crash', 'power-cut'] as const)
    : atRelay
      ? draw.pick(['crash', 'power-cut', 'stall', 'start-engine', 'start-engine', 'roll'] as const)
      : 'crash'
  return {
    kind: 'at-point',
    vehicle,
    at: episode - MINUTE,
    lasts: 25 * MINUTE,
    point,
    action,
    wait: draw.pick([0, draw.between(0, 700)]),
  }
}

function drawCloudFault(draw: Draw, episode: number): Happening {
  const base = {
    vehicle: -1,
    at: episode + draw.pick([draw.between(-1, 8) * MINUTE, draw.between(50, 3000)]),
    lasts: draw.between(5, 200) * 1000,
  }
  const kind = draw.pick(['cloud-kill', 'cloud-kill', 'sql-down', 'fsync-stall'] as const)
  if (kind === 'cloud-kill') return { ...base, kind, lostCommits: draw.pick([0, 1, 2, 5]) }
  return kind === 'sql-down' ? { ...base, kind } : { ...base, kind, disk: 'journal', stall: drawStall(draw) }
}
