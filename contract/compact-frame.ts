import type { Frame } from './frame.ts'
import { frameOf, inRange, type ScaledFrame, SLOW, STATE_BITS, scaledOf, turn, zeroFrame } from './scaled-frame.ts'
import { type ByteReader, type ByteWriter, MalformedBytes } from './varint.ts'

/** Bits of a frame's head byte: which parts follow. Bits 0–1 are the record's kind, bit 7 is reserved. */
export const HEAD = { time: 4, position: 8, motion: 16, state: 32, slow: 64, reserved: 128 } as const

const STATE_LIMIT = 1 << STATE_BITS

const SLOW_LIMIT = 1 << (2 * SLOW.length)

/** How time and place are told: 1 as differences from the frame before; 2 time in seconds where whole, place from where the car was heading. */
export type FrameLayout = 1 | 2

/** The frame before this one in the batch; a batch stands alone, so it starts from zeros. */
export type FrameMemory = ScaledFrame & {
  readonly layout: FrameLayout
  first: boolean
  stepMs: number
  /** How far the last frame was from the one before it; 0 where either had no place of its own. */
  wayLat: number
  wayLon: number
}

export const emptyMemory = (layout: FrameLayout): FrameMemory => ({
  ...zeroFrame(),
  layout,
  first: true,
  stepMs: 0,
  wayLat: 0,
  wayLon: 0,
})

function slowChanges(next: ScaledFrame, memory: FrameMemory): { mask: number; deltas: number[] } {
  let mask = 0
  const deltas: number[] = []
  SLOW.forEach(({ field }, index) => {
    const isThere = (next.slowPresent & (1 << index)) !== 0
    const wasThere = (memory.slowPresent & (1 << index)) !== 0
    if (!isThere && wasThere) mask |= 1 << (index + SLOW.length)
    if (!isThere || (wasThere && next.slow[field] === memory.slow[field])) return
    mask |= 1 << index
    deltas.push(next.slow[field] - memory.slow[field])
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
  const next = scaledOf(frame, memory)
  const { lat, lon, speed, heading, state } = next
  const slow = slowChanges(next, memory)

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
  Object.assign(memory, next, { first: false, stepMs: step })
}

/** The first place of a batch is no way: it comes from nowhere. */
function moveTo(memory: FrameMemory, lat: number, lon: number): void {
  const hasPlace = memory.lat !== 0 || memory.lon !== 0
  memory.wayLat = hasPlace ? lat - memory.lat : 0
  memory.wayLon = hasPlace ? lon - memory.lon : 0
  memory.lat = lat
  memory.lon = lon
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
  return frameOf(memory)
}
