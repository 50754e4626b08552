import { type EpochMs, epochMs } from '#contract/instant.ts'
import { voidSentences } from './nmea-text.ts'
import { distanceM } from './position.ts'
import { playedAt, type Recording } from './recording.ts'
import { advanceReplay, type Replay, replayAtStart, standingSentences } from './replay.ts'
import type { VehicleDeps, VirtualVehicle } from './virtual-vehicle.ts'

const NEVER = epochMs(Number.MAX_SAFE_INTEGER)
/** From the gateway's first connection to the turn of the key. */
const FIRST_WAIT_MS = 4000
/** In a longer gap of the recording the receiver says that it has no fix: none falls silent for a minute. */
const GAP_MS = 3000

/** A car that replays what was recorded. It begins when a gateway listens, so that no recorded fix is said to nobody. */
export function createReplayedVehicle(deps: VehicleDeps, runs: readonly Recording[], pauseMs: number): VirtualVehicle {
  const first = runs[0]
  if (first === undefined) throw new Error('nothing to replay')
  let replay: Replay = replayAtStart(first, NEVER)
  let odometerM = deps.memory?.odometerM ?? 0
  let spokenAt = epochMs(0)
  let played: { startedAt: number; endedAt?: number } | undefined

  function advance(_stepS: number, now: EpochMs): void {
    if (replay.doing.kind === 'parked' && replay.doing.until === NEVER && deps.attended())
      replay = { ...replay, doing: { kind: 'parked', until: epochMs(now + FIRST_WAIT_MS) } }
    const before = replay
    const { replay: after, due } = advanceReplay(before, now, { start: deps.startLine(), pauseMs, runs })
    replay = after
    odometerM += distanceM(before.position, after.position)
    if (before.doing.kind !== 'playing') return
    const { startAt } = before.doing
    if (before.doing.next === 0 && due.length > 0) played = { startedAt: startAt }
    if (after.doing.kind === 'arrived') played = { startedAt: startAt, endedAt: now }
    for (const moment of due) {
      spokenAt = playedAt(moment, startAt)
      deps.say(moment.sentencesAt(spokenAt))
    }
  }

  return {
    advance,
    second: (at) => {
      if (at <= spokenAt) return
      if (replay.doing.kind !== 'playing') deps.say(standingSentences(replay, at))
      else if (replay.doing.next > 0 && at - spokenAt >= GAP_MS) deps.say(voidSentences(at))
    },
    // A recording begins where it begins: only the odometer outlives the demo.
    keep: () => deps.keep({ courseDeg: replay.courseDeg, odometerM }),
    truth: () => ({
      position: replay.position,
      courseDeg: replay.courseDeg,
      speedKmh: replay.speedKmh,
      ignition: replay.ignition,
      odometerM,
      start: deps.startLine(),
      doing: replay.doing.kind,
      replay: { run: replay.run, ...played },
    }),
  }
}
