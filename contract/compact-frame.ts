import type { Frame } from './frame.ts'
import type { EpochMs } from './instant.ts'
import { type ByteReader, type ByteWriter, MalformedBytes } from './varint.ts'

/** Bits of a frame's head byte: which parts follow. Bits 0–1 are the record's kind, bit 7 is reserved. */
export const HEAD = { time: 4, position: 8, motion: 16, state: 32, slow: 64, reserved: 128 } as const

const TIME_QUALITY = ['gnss', 'ntp', 'rtc', 'estimated'] as const
const FIX = ['none', '2d', '3d'] as const
const TRUST = ['ok', 'suspect', 'jammed'] as const
const RELAY = ['unknown', 'closed', 'open'] as const
const FLAG = [undefined, false, true] as const
const BACKFILL = 1 << 12
const HAS_POSITION = 1 << 13
const HAS_SPEED = 1 << 14
const HAS_HEADING = 1 << 15
const STATE_LIMIT = 1 << 16

const SLOW = [
  { field: 'accuracyM', scale: 10, min: 0, max: 100_000 },
  { field: 'satellites', scale: 1, min: 0, max: 255 },
  { field: 'altitudeM', scale: 10, min: -1000, max: 20_000 },
  { field: 'odometerKm', scale: 100, min: 0, max: 10_000_000 },
  { field: 'engineHours', scale: 100, min: 0, max: 1_000_000 },
  { field: 'supplyVolt', scale: 100, min: 0, max: 100 },
] as const
type SlowField = (typeof SLOW)[number]['field']
const SLOW_LIMIT = 1 << (2 * SLOW.length)

/** How time and place are told: 1 as differences from the frame before; 2 time in seconds where whole, place from where the car was heading. */
export type FrameLayout = 1 | 2

/** The frame before this one in the batch, in scaled integers; a batch stands alone, so it starts from zeros. */
export type FrameMemory = {
  readonly layout: FrameLayout
  first: boolean
  readAt: number
  stepMs: number
  lat: number
  lon: number
  /** How far the last frame was from the one before it; 0 where either had no place of its own. */
  wayLat: number
  wayLon: number
  speed: number
  heading: number
  state: number
  slow: Record<SlowField, number>
  slowPresent: number
}

export const emptyMemory = (layout: FrameLayout): FrameMemory => ({
  layout,
  first: true,
  readAt: 0,
  stepMs: 0,
  lat: 0,
  lon: 0,
  wayLat: 0,
  wayLon: 0,
  speed: 0,
  heading: 0,
  state: 0,
  slow: { accuracyM: 0, satellites: 0, altitudeM: 0, odometerKm: 0, engineHours: 0, supplyVolt: 0 },
  slowPresent: 0,
})

const scaled = (value: number, scale: number): number => Math.round(value * scale)
const flagCode = (flag: boolean | undefined): number => (flag === undefined ? 0 : flag ? 2 : 1)

function stateOf(frame: Frame): number {
  return (
    TIME_QUALITY.indexOf(frame.timeQuality) |
    (FIX.indexOf(frame.fix) << 2) |
    (TRUST.indexOf(frame.gnssTrust) << 4) |
    (RELAY.indexOf(frame.relay) << 6) |
    (flagCode(frame.ignition) << 8) |
    (flagCode(frame.motion) << 10) |
    (frame.backfill === true ? BACKFILL : 0) |
    (frame.lat === undefined ? 0 : HAS_POSITION) |
    (frame.speedKmh === undefined ? 0 : HAS_SPEED) |
    (frame.headingDeg === undefined ? 0 : HAS_HEADING)
  )
}

/** The shortest way round from one course to another, −180…179. */
const turn = (from: number, to: number): number => ((to - from + 540) % 360) - 180

function slowChanges(frame: Frame, memory: FrameMemory): { mask: number; deltas: number[] } {
  let mask = 0
  const deltas: number[] = []
  SLOW.forEach(({ field, scale }, index) => {
    const value = frame[field]
    const present = (memory.slowPresent & (1 << index)) !== 0
    if (value === undefined) {
      if (present) {
        mask |= 1 << (index + SLOW.length)
        memory.slowPresent &= ~(1 << index)
      }
      return
    }
    const next = scaled(value, scale)
    if (present && next === memory.slow[field]) return
    mask |= 1 << index
    deltas.push(next - memory.slow[field])
    memory.slow[field] = next
    memory.slowPresent |= 1 << index
  })
  return { mask, deltas }
}

/** Beyond a minute where a car was heading says nothing about where it is. */
const FORESEEN_MS = 60_000

/** Where the next place is counted from; `stepMs` is the time since the last frame. */
function foreseen(
  { layout, lat, lon, wayLat, wayLon, stepMs: last }: FrameMemory,
  stepMs: number,
): readonly [number, number] {
  if (layout === 1 || last <= 0 || stepMs <= 0 || last > FORESEEN_MS || stepMs > FORESEEN_MS) return [lat, lon]
  return [lat + Math.round((wayLat * stepMs) / last), lon + Math.round((wayLon * stepMs) / last)]
}

const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)
const unzigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2)

function writeTime(writer: ByteWriter, layout: FrameLayout, ms: number): void {
  if (layout === 1) writer.signed(ms)
  else writer.unsigned(ms % 1000 === 0 ? 2 * zigzag(ms / 1000) : 2 * zigzag(ms) + 1)
}

function readTime(reader: ByteReader, layout: FrameLayout): number {
  if (layout === 1) return reader.signed()
  const told = reader.unsigned()
  return told % 2 === 0 ? 1000 * unzigzag(told / 2) : unzigzag((told - 1) / 2)
}

/** Writes one frame as its difference from `memory`, and moves `memory` on. An unchanged frame is one byte. */
export function writeFrame(writer: ByteWriter, frame: Frame, memory: FrameMemory): void {
  const step = memory.first ? 0 : frame.readAt - memory.readAt
  const lat = frame.lat === undefined ? memory.lat : scaled(frame.lat, 1e6)
  const lon = frame.lon === undefined ? memory.lon : scaled(frame.lon, 1e6)
  const speed = frame.speedKmh === undefined ? memory.speed : scaled(frame.speedKmh, 10)
  const heading = frame.headingDeg === undefined ? memory.heading : Math.round(frame.headingDeg) % 360
  const state = stateOf(frame)
  const slow = slowChanges(frame, memory)

  const time = memory.first || step !== memory.stepMs
  const position = lat !== memory.lat || lon !== memory.lon
  const motion = speed !== memory.speed || heading !== memory.heading
  writer.byte(
    (time ? HEAD.time : 0) |
      (position ? HEAD.position : 0) |
      (motion ? HEAD.motion : 0) |
      (state === memory.state ? 0 : HEAD.state) |
      (slow.mask === 0 ? 0 : HEAD.slow),
  )
  if (time) writeTime(writer, memory.layout, memory.first ? frame.readAt : step - memory.stepMs)
  if (position) {
    const [fromLat, fromLon] = foreseen(memory, step)
    writer.signed(lat - fromLat)
    writer.signed(lon - fromLon)
  }
  if (motion) {
    writer.signed(speed - memory.speed)
    writer.signed(turn(memory.heading, heading))
  }
  if (state !== memory.state) writer.unsigned(state)
  if (slow.mask !== 0) {
    writer.unsigned(slow.mask)
    for (const delta of slow.deltas) writer.signed(delta)
  }
  moveTo(memory, lat, lon)
  Object.assign(memory, { first: false, readAt: frame.readAt, stepMs: step, speed, heading, state })
}

/** The first place of a batch is no way: it comes from nowhere. */
function moveTo(memory: FrameMemory, lat: number, lon: number): void {
  const hasPlace = memory.lat !== 0 || memory.lon !== 0
  memory.wayLat = hasPlace ? lat - memory.lat : 0
  memory.wayLon = hasPlace ? lon - memory.lon : 0
  memory.lat = lat
  memory.lon = lon
}

function inRange(value: number, min: number, max: number, name: string): number {
  if (value < min || value > max) throw new MalformedBytes(`${name} out of range`)
  return value
}

function word<Word>(words: readonly Word[], code: number, name: string): Word {
  if (code >= words.length) throw new MalformedBytes(`${name}: reserved value`)
  return words[code] as Word
}

function readSlow(reader: ByteReader, memory: FrameMemory): void {
  const mask = reader.unsigned()
  if (mask >= SLOW_LIMIT || (mask & (mask >> SLOW.length)) !== 0) throw new MalformedBytes('slow: reserved value')
  SLOW.forEach(({ field }, index) => {
    if ((mask & (1 << index)) !== 0) {
      memory.slow[field] += reader.signed()
      memory.slowPresent |= 1 << index
    }
    if ((mask & (1 << (index + SLOW.length))) !== 0) memory.slowPresent &= ~(1 << index)
  })
}

function readParts(reader: ByteReader, head: number, memory: FrameMemory): void {
  let stepMs = 0
  if (memory.first) {
    if ((head & HEAD.time) === 0) throw new MalformedBytes('the first frame has no time')
    memory.readAt = readTime(reader, memory.layout)
  } else {
    stepMs = memory.stepMs + ((head & HEAD.time) === 0 ? 0 : readTime(reader, memory.layout))
    memory.readAt += stepMs
  }
  memory.first = false
  if ((head & HEAD.position) === 0) moveTo(memory, memory.lat, memory.lon)
  else {
    const [fromLat, fromLon] = foreseen(memory, stepMs)
    moveTo(memory, fromLat + reader.signed(), fromLon + reader.signed())
  }
  memory.stepMs = stepMs
  if ((head & HEAD.motion) !== 0) {
    memory.speed += reader.signed()
    memory.heading = (memory.heading + inRange(reader.signed(), -180, 179, 'heading') + 360) % 360
  }
  if ((head & HEAD.state) !== 0) {
    memory.state = reader.unsigned()
    if (memory.state >= STATE_LIMIT) throw new MalformedBytes('state: reserved value')
  }
  if ((head & HEAD.slow) !== 0) readSlow(reader, memory)
}

/** Reads one frame behind its head byte and moves `memory` on. Throws `MalformedBytes` on anything the layout forbids. */
export function readFrame(reader: ByteReader, head: number, memory: FrameMemory): Frame {
  readParts(reader, head, memory)
  const { state } = memory
  const ignition = word(FLAG, (state >> 8) & 3, 'ignition')
  const motion = word(FLAG, (state >> 10) & 3, 'motion')
  const frame: Frame = {
    kind: 'frame',
    readAt: checkedInstant(memory.readAt),
    timeQuality: word(TIME_QUALITY, state & 3, 'timeQuality'),
    fix: word(FIX, (state >> 2) & 3, 'fix'),
    gnssTrust: word(TRUST, (state >> 4) & 3, 'gnssTrust'),
    relay: word(RELAY, (state >> 6) & 3, 'relay'),
  }
  if (ignition !== undefined) frame.ignition = ignition
  if (motion !== undefined) frame.motion = motion
  if ((state & BACKFILL) !== 0) frame.backfill = true
  if ((state & HAS_POSITION) !== 0) {
    frame.lat = inRange(memory.lat / 1e6, -90, 90, 'lat')
    frame.lon = inRange(memory.lon / 1e6, -180, 180, 'lon')
  }
  if ((state & HAS_SPEED) !== 0) frame.speedKmh = inRange(memory.speed / 10, 0, 500, 'speedKmh')
  if ((state & HAS_HEADING) !== 0) frame.headingDeg = memory.heading
  SLOW.forEach(({ field, scale, min, max }, index) => {
    if ((memory.slowPresent & (1 << index)) === 0) return
    frame[field] = inRange(memory.slow[field] / scale, min, max, field)
  })
  return frame
}

function checkedInstant(value: number): EpochMs {
  if (!Number.isSafeInteger(value)) throw new MalformedBytes('readAt out of range')
  return value as EpochMs
}
