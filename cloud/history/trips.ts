import type { EpochMs } from '#contract/instant.ts'
import { metresBetween } from './distance.ts'
import type { PastFrame } from './history.ts'
import { isTrusted, type Mileage, mileageOf } from './mileage.ts'

type Place = { readonly lat: number; readonly lon: number }

/** A vehicle that stood: `ignition` on = with the engine's power on all the while, off = off at some time. */
export type Stop = {
  readonly from: EpochMs
  readonly to: EpochMs
  readonly place: Place | null
  readonly ignition: 'on' | 'off' | 'unknown'
  /** The range asked for ends before the stop does. */
  readonly open: boolean
}
export type Trip = {
  readonly from: EpochMs
  readonly to: EpochMs
  readonly start: Place | null
  readonly end: Place | null
  readonly mileage: Mileage
  readonly highestKmh: number | null
  readonly open: boolean
}
export type Journeys = { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] }

export type StopRule = {
  /** Standing for at least so long is a stop; shorter (a traffic light) belongs to the trip. */
  readonly dwellMs: number
}

const STANDING_KMH = 3
/** A vehicle that says no speed has moved when it is this far from where it stood, or three times the fix's error. */
const MOVED_M = 80
/** After a silence of this length nobody knows what was meanwhile: standing at the same place, or a trip unseen. */
const SILENCE_MS = 15 * 60_000

type Word = 'standing' | 'moving' | 'unknown'
type Stretch = { kind: 'standing' | 'moving'; first: number; last: number }

/**
 * Pure. Trips and the stops between them, of frames of one line, oldest first. A frame says *standing* by ignition off,
 * or a speed up to 3 km/h, or its place within 80 m of where the vehicle stood; *moving* by more; and nothing when it has
 * neither, which changes nothing. Standing for `dwellMs` or longer is a stop. Silence of 15 min and more with the places
 * before and after within 80 m is standing; else a trip nobody saw.
 */
export function journeysOf(frames: readonly PastFrame[], { dwellMs }: StopRule): Journeys {
  const stretches = stretchesOf(frames, dwellMs)
  const stops: Stop[] = []
  const trips: Trip[] = []
  for (const [index, { kind, first, last }] of stretches.entries()) {
    const open = index === stretches.length - 1
    if (kind === 'standing') stops.push(stopOf(frames, first, last, open))
    else trips.push(tripOf(frames, Math.max(0, first - 1), last, open))
  }
  return { trips, stops }
}

/** Standing and moving in turn; standing for less than the dwell time is part of the movement around it. */
function stretchesOf(frames: readonly PastFrame[], dwellMs: number): readonly Stretch[] {
  const raw: Stretch[] = []
  let anchor: PastFrame | undefined
  for (const [index, frame] of frames.entries()) {
    const word = wordOf(frame, anchor, frames[index - 1])
    const last = raw.at(-1)
    const kind = word === 'unknown' ? (last?.kind ?? 'moving') : word
    if (kind === 'moving') anchor = undefined
    else if (isTrusted(frame)) anchor ??= frame
    if (last?.kind === kind) last.last = index
    else raw.push({ kind, first: index, last: index })
  }
  const merged: Stretch[] = []
  for (const [index, stretch] of raw.entries()) {
    const until = frames[Math.min(stretch.last + 1, frames.length - 1)]?.readAt ?? 0
    const long = until - (frames[stretch.first]?.readAt ?? 0) >= dwellMs
    const kind = stretch.kind === 'standing' && (long || raw.length === 1) ? 'standing' : 'moving'
    const last = merged.at(-1)
    if (last?.kind === kind) last.last = stretch.last
    else merged.push({ kind, first: index === 0 ? 0 : stretch.first, last: stretch.last })
  }
  return merged.filter(({ kind, first, last }) => kind === 'standing' || hasMoved(frames, first, last))
}

function wordOf(frame: PastFrame, anchor: PastFrame | undefined, before: PastFrame | undefined): Word {
  const moved = anchor === undefined ? undefined : hasLeft(anchor, frame)
  if (before !== undefined && frame.readAt - before.readAt >= SILENCE_MS) {
    const away = hasLeft(before, frame)
    if (away !== undefined) return away ? 'moving' : 'standing'
  }
  if (frame.speedKmh !== null && frame.speedKmh > STANDING_KMH && frame.trust === 'ok') return 'moving'
  if (moved === true && frame.ignition !== false) return 'moving'
  if (frame.ignition === false) return 'standing'
  if (frame.speedKmh !== null) return 'standing'
  return moved === false ? 'standing' : 'unknown'
}

/** Undefined when one of the places is not to be believed. */
function hasLeft(from: PastFrame, to: PastFrame): boolean | undefined {
  if (!isTrusted(from) || !isTrusted(to)) return undefined
  return metresBetween(from.position, to.position) > Math.max(MOVED_M, 3 * (to.position.accuracyM ?? 0))
}

/** A movement of one frame at the place where the vehicle stood is a blip of the receiver. */
function hasMoved(frames: readonly PastFrame[], first: number, last: number): boolean {
  for (let index = Math.max(1, first); index <= last; index += 1) {
    const [before, now] = [frames[Math.max(0, first - 1)], frames[index]]
    if (before !== undefined && now !== undefined && hasLeft(before, now) !== false) return true
  }
  return first === 0 && last > first
}

const placeOf = (frame: PastFrame | undefined): Place | null =>
  frame === undefined || !isTrusted(frame) ? null : { lat: frame.position.lat, lon: frame.position.lon }

function stopOf(frames: readonly PastFrame[], first: number, last: number, open: boolean): Stop {
  const part = frames.slice(first, last + 1)
  const words = part.flatMap(({ ignition }) => (ignition === null ? [] : [ignition]))
  return {
    from: at(frames, first),
    to: at(frames, open ? last : last + 1),
    place: placeOf(part.find(isTrusted)),
    ignition: words.length === 0 ? 'unknown' : words.includes(false) ? 'off' : 'on',
    open,
  }
}

function tripOf(frames: readonly PastFrame[], first: number, last: number, open: boolean): Trip {
  const part = frames.slice(first, last + 2)
  let highestKmh: number | null = null
  for (const { speedKmh, trust } of part)
    if (speedKmh !== null && trust === 'ok' && speedKmh > (highestKmh ?? -1)) highestKmh = speedKmh
  return {
    from: at(frames, first),
    to: at(frames, open ? last : last + 1),
    start: placeOf(part.find(isTrusted)),
    end: placeOf(part.findLast(isTrusted)),
    mileage: mileageOf(part),
    highestKmh,
    open,
  }
}

function at(frames: readonly PastFrame[], index: number): EpochMs {
  const frame = frames[Math.min(index, frames.length - 1)]
  if (frame === undefined) throw new Error('a stretch has frames')
  return frame.readAt
}
