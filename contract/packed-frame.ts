import { type BitCode, CHANCE, type Chances, chancesOf } from './arithmetic-code.ts'
import { type Way, wayOf } from './dead-reckoning.ts'
import { codeNumber, type LearntNumber, NUMBER_CHANCES } from './learnt-number.ts'
import { HAS, inRange, type ScaledFrame, SLOW, type SlowField, STATE_BITS, turn, zeroFrame } from './scaled-frame.ts'

const RARE = 0.09 * CHANCE
const EVEN = CHANCE / 2

/** One table of all chances of a batch, laid out once. */
const told: number[] = []
const room = (...chances: readonly number[]): number => told.push(...chances) - chances.length
const kindOf = (bits: number) => ({ at: room(...NUMBER_CHANCES), bits })

const STEP_CHANGES = room(RARE)
const WHOLE_SECONDS = room(0.92 * CHANCE)
const STATE_CHANGES = room(RARE)
/** Is there news of any slow value, while none is due, one is, one is overdue; then the same of each, and whether it is gone. */
const SLOW_NEWS = room(RARE, EVEN, EVEN)
const SLOW_ROOMS = SLOW.map(({ field }, index) => ({
  field,
  bit: 1 << index,
  news: room(EVEN, EVEN, EVEN),
  gone: room(RARE),
  kind: kindOf(3),
}))
/** The first frame's numbers, told from nothing, all on one ladder. */
const FIRST = kindOf(0)
/** What the others are expected to differ by, in bits. */
const KINDS = {
  seconds: kindOf(1),
  ms: kindOf(8),
  lat: kindOf(6),
  lon: kindOf(6),
  speed: kindOf(5),
  heading: kindOf(3),
} as const
const TOLD = Uint16Array.from(told)

const learning = ({ at, bits }: { readonly at: number; readonly bits: number }): LearntNumber => ({
  at,
  usual: 16 * bits,
})

/** What has been learnt of a batch's frames so far. It begins with what is usual of cars: a batch stands alone. */
export type FrameModel = {
  readonly chances: Chances
  readonly numbers: Readonly<Record<keyof typeof KINDS, LearntNumber>>
  readonly slow: readonly ((typeof SLOW_ROOMS)[number] & { readonly memory: SlowMemory })[]
  last: ScaledFrame | undefined
  stepMs: number
  /** From the last place but one to the last. */
  way: Way
  /** How far off it has been of late to go on as before, and to go by speed and course; hundredths of 10⁻⁶ degree. */
  offAsBefore: number
  offBySpeed: number
}

/** When a slow value was last told, and how far the car has driven since: ms, and 0.1 km/h for so many ms. */
type SlowMemory = { readonly number: LearntNumber; ms: number; way: number }

export const newFrameModel = (): FrameModel => ({
  chances: chancesOf(TOLD),
  numbers: {
    seconds: learning(KINDS.seconds),
    ms: learning(KINDS.ms),
    lat: learning(KINDS.lat),
    lon: learning(KINDS.lon),
    speed: learning(KINDS.speed),
    heading: learning(KINDS.heading),
  },
  slow: SLOW_ROOMS.map((rooms) => ({ ...rooms, memory: { number: learning(rooms.kind), ms: 0, way: 0 } })),
  last: undefined,
  stepMs: 0,
  way: { lat: 0, lon: 0 },
  offAsBefore: 0,
  offBySpeed: 0,
})

/**
 * Codes one frame behind those before it, either way: a writer hands over the frame and gets it back, a reader hands over
 * any and gets the frame that was written. Throws `MalformedBytes` on numbers that no frame has.
 */
export function codeFrame(code: BitCode, model: FrameModel, wanted: ScaledFrame): ScaledFrame {
  const next = model.last === undefined ? firstFrame(code, model, wanted) : laterFrame(code, model, model.last, wanted)
  model.last = next
  return next
}

function firstFrame(code: BitCode, { chances }: FrameModel, wanted: ScaledFrame): ScaledFrame {
  const first = (bits: number, value: number): number => codeNumber(code, chances, learning({ ...FIRST, bits }), value)
  const next = zeroFrame()
  next.readAt = first(41, wanted.readAt)
  next.state = code.plain(wanted.state, STATE_BITS)
  if ((next.state & HAS.position) !== 0) {
    next.lat = first(26, wanted.lat)
    next.lon = first(26, wanted.lon)
  }
  if ((next.state & HAS.speed) !== 0) next.speed = first(9, wanted.speed)
  if ((next.state & HAS.heading) !== 0) next.heading = inRange(code.plain(wanted.heading, 9), 0, 359, 'heading')
  next.slowPresent = code.plain(wanted.slowPresent, SLOW.length)
  SLOW.forEach(({ field, usualBits }, index) => {
    if ((next.slowPresent & (1 << index)) !== 0) next.slow[field] = first(usualBits, wanted.slow[field])
  })
  return next
}

function laterFrame(code: BitCode, model: FrameModel, before: ScaledFrame, wanted: ScaledFrame): ScaledFrame {
  const { chances, numbers } = model
  const stepMs = codeStep(code, model, wanted.readAt - before.readAt)
  const changes = code.bit(chances, STATE_CHANGES, wanted.state === before.state ? 0 : 1) === 1
  const state = changes ? code.plain(wanted.state, STATE_BITS) : before.state
  const next = { ...before, readAt: before.readAt + stepMs, state }
  if ((state & HAS.speed) !== 0) next.speed += codeNumber(code, chances, numbers.speed, wanted.speed - before.speed)
  if ((state & HAS.heading) !== 0) {
    const by = codeNumber(code, chances, numbers.heading, turn(before.heading, wanted.heading))
    next.heading = (before.heading + inRange(by, -180, 179, 'heading') + 360) % 360
  }
  if ((state & HAS.position) !== 0) codePlace(code, model, { before, next, wanted, stepMs })
  codeSlow(code, model, { before, next, wanted, stepMs })
  model.stepMs = stepMs
  return next
}

function codeStep(code: BitCode, { chances, numbers, stepMs }: FrameModel, wanted: number): number {
  const change = wanted - stepMs
  if (code.bit(chances, STEP_CHANGES, change === 0 ? 0 : 1) === 0) return stepMs
  if (code.bit(chances, WHOLE_SECONDS, change % 1000 === 0 ? 1 : 0) === 1)
    return stepMs + 1000 * codeNumber(code, chances, numbers.seconds, change / 1000)
  return stepMs + codeNumber(code, chances, numbers.ms, change)
}

type Step = {
  readonly before: ScaledFrame
  readonly next: ScaledFrame
  readonly wanted: ScaledFrame
  readonly stepMs: number
}

/** Beyond a minute how a car drove says nothing about where it is. */
const FORESEEN_MS = 60_000
const NO_WAY: Way = { lat: 0, lon: 0 }
const isForeseen = (ms: number): boolean => ms > 0 && ms <= FORESEEN_MS

/** Half the step as it drove then, half as it drives now. */
function bySpeed({ before, next, stepMs }: Step): Way {
  if (!isForeseen(stepMs)) return NO_WAY
  const [then, now] = [wayOf(before, stepMs / 2, before.lat), wayOf(next, stepMs / 2, before.lat)]
  return { lat: then.lat + now.lat, lon: then.lon + now.lon }
}

function asBefore({ way, stepMs: last }: FrameModel, stepMs: number): Way {
  if (!isForeseen(stepMs) || !isForeseen(last)) return NO_WAY
  return { lat: Math.round((way.lat * stepMs) / last), lon: Math.round((way.lon * stepMs) / last) }
}

/** The place, as it differs from where the better of two ways of foreseeing has it. */
function codePlace(code: BitCode, model: FrameModel, step: Step): void {
  const { before, next, wanted, stepMs } = step
  const [one, other] = [asBefore(model, stepMs), bySpeed(step)]
  const { lat, lon } = model.offAsBefore <= model.offBySpeed ? one : other
  next.lat = before.lat + lat + codeNumber(code, model.chances, model.numbers.lat, wanted.lat - before.lat - lat)
  next.lon = before.lon + lon + codeNumber(code, model.chances, model.numbers.lon, wanted.lon - before.lon - lon)
  // The first place comes from nowhere.
  model.way = before.lat === 0 && before.lon === 0 ? NO_WAY : { lat: next.lat - before.lat, lon: next.lon - before.lon }
  model.offAsBefore = lately(model.offAsBefore, one, model.way)
  model.offBySpeed = lately(model.offBySpeed, other, model.way)
}

const MOST_OFF = 1_000_000
const lately = (off: number, foreseen: Way, way: Way): number => {
  const now = Math.abs(foreseen.lat - way.lat) + Math.abs(foreseen.lon - way.lon)
  return off - Math.floor(off / 8) + 12 * Math.min(now, MOST_OFF)
}

/** Hundredths, of a kilometre or an hour, by which these have run on since they were told. */
function runOn(field: SlowField, { way, ms }: SlowMemory): number {
  if (field === 'odometerKm') return Math.round(way / 360_000_000)
  return field === 'engineHours' ? Math.round(ms / 36_000) : 0
}

/** A gateway tells engine hours by tenths: 0 while they are not due, 1 when they are, 2 beyond. */
const HOURS_TOLD_AT = 10
const dueness = (field: SlowField, due: number): number =>
  field !== 'engineHours' || due < 0.85 * HOURS_TOLD_AT ? 0 : due < 1.15 * HOURS_TOLD_AT ? 1 : 2

function codeSlow(code: BitCode, { chances, slow }: FrameModel, { before, next, wanted, stepMs }: Step): void {
  let [hasNews, most] = [0, 0]
  for (const { field, bit, memory } of slow) {
    memory.ms += stepMs
    memory.way += next.speed * stepMs
    most = Math.max(most, dueness(field, runOn(field, memory)))
    if (isNews(wanted, before, field, bit)) hasNews = 1
  }
  if (code.bit(chances, SLOW_NEWS + most, hasNews) === 0) return
  next.slow = { ...before.slow }
  for (const { field, bit, memory, news, gone } of slow) {
    const due = runOn(field, memory)
    if (code.bit(chances, news + dueness(field, due), isNews(wanted, before, field, bit) ? 1 : 0) === 0) continue
    if ((next.slowPresent & bit) !== 0 && code.bit(chances, gone, (wanted.slowPresent & bit) === 0 ? 1 : 0) === 1) {
      next.slowPresent &= ~bit
      continue
    }
    next.slowPresent |= bit
    next.slow[field] += due + codeNumber(code, chances, memory.number, wanted.slow[field] - next.slow[field] - due)
    memory.ms = 0
    memory.way = 0
  }
}

const isNews = (wanted: ScaledFrame, before: ScaledFrame, field: SlowField, bit: number): boolean => {
  const wants = wanted.slowPresent & bit
  return wants !== (before.slowPresent & bit) || (wants !== 0 && wanted.slow[field] !== before.slow[field])
}
