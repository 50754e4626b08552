import { type EpochMs, epochMs } from '#contract/instant.ts'
import { sentencesOf } from './nmea-text.ts'
import type { Position } from './position.ts'
import { playedAt, type RecordedMoment, type Recording, receiverFix } from './recording.ts'

/** A car that drives what was once recorded: there, a pause, back, a pause, for ever. */
export type Replay = {
  readonly doing: ReplayDoing
  readonly position: Position
  readonly courseDeg: number
  readonly speedKmh: number
  readonly ignition: 'on' | 'off'
  /** Which run comes next or is on: 0 is the recording itself. */
  readonly run: number
}

export type ReplayDoing =
  | { readonly kind: 'parked'; readonly until: EpochMs }
  | { readonly kind: 'starting'; readonly until: EpochMs }
  | { readonly kind: 'playing'; readonly startAt: EpochMs; readonly next: number }
  | { readonly kind: 'arrived'; readonly until: EpochMs }

export type ReplayAround = {
  readonly start: 'permitted' | 'inhibited'
  readonly pauseMs: number
  readonly runs: readonly Recording[]
}

/** Long enough that the gateway has seen the ignition before the first recorded fix comes. */
const START_MS = 5000
const ARRIVED_MS = 5000
const AGAIN_MS = 60_000

const nextSecond = (at: EpochMs): EpochMs => epochMs(Math.floor(at / 1000) * 1000 + 1000)

/** Pure. A replayed car standing where its recording begins. */
export function replayAtStart(recording: Recording, until: EpochMs): Replay {
  const first = recording.moments.find((moment) => moment.position !== undefined)
  if (first?.position === undefined) throw new Error('a recording without a single position')
  return {
    doing: { kind: 'parked', until },
    position: first.position,
    courseDeg: first.courseDeg,
    speedKmh: 0,
    ignition: 'off',
    run: 0,
  }
}

/** Pure. The replay at `now`, and the moments that became due since the last call. */
export function advanceReplay(
  replay: Replay,
  now: EpochMs,
  around: ReplayAround,
): { replay: Replay; due: readonly RecordedMoment[] } {
  const { doing } = replay
  switch (doing.kind) {
    case 'parked':
      if (now < doing.until) return { replay, due: [] }
      return {
        replay: { ...replay, ignition: 'on', doing: { kind: 'starting', until: epochMs(now + START_MS) } },
        due: [],
      }
    case 'starting':
      return now < doing.until ? { replay, due: [] } : { replay: started(replay, now, around), due: [] }
    case 'playing':
      return play(replay, doing, now, around)
    case 'arrived':
      if (now < doing.until) return { replay, due: [] }
      return {
        replay: { ...replay, ignition: 'off', doing: { kind: 'parked', until: epochMs(now + around.pauseMs) } },
        due: [],
      }
    default:
      return doing satisfies never
  }
}

function started(replay: Replay, now: EpochMs, around: ReplayAround): Replay {
  if (around.start === 'inhibited')
    return { ...replay, ignition: 'off', doing: { kind: 'parked', until: epochMs(now + AGAIN_MS) } }
  return { ...replay, doing: { kind: 'playing', startAt: nextSecond(now), next: 0 } }
}

function play(
  replay: Replay,
  doing: Extract<ReplayDoing, { kind: 'playing' }>,
  now: EpochMs,
  around: ReplayAround,
): { replay: Replay; due: readonly RecordedMoment[] } {
  const recording = around.runs[replay.run % around.runs.length]
  const moments = recording?.moments ?? []
  const ahead = moments.findIndex((moment, index) => index >= doing.next && playedAt(moment, doing.startAt) > now)
  const next = ahead === -1 ? moments.length : ahead
  const due = moments.slice(doing.next, next)
  const last = due.findLast((moment) => moment.position !== undefined)
  const moved =
    last?.position === undefined
      ? replay
      : { ...replay, position: last.position, courseDeg: last.courseDeg, speedKmh: last.speedKmh }
  if (next < moments.length) return { replay: { ...moved, doing: { ...doing, next } }, due }
  return {
    replay: {
      ...moved,
      speedKmh: 0,
      run: replay.run + 1,
      doing: { kind: 'arrived', until: epochMs(now + ARRIVED_MS) },
    },
    due,
  }
}

/** Pure. What a receiver says in a car that stands between two runs. */
export const standingSentences = (replay: Replay, at: EpochMs): readonly string[] =>
  sentencesOf(receiverFix(at, replay.position, 0, replay.courseDeg))
