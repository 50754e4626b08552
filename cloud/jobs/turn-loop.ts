import { type Clock, type Millis, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { TurnStore } from './turn-store.ts'

/** What is done in turns: `pause` lies between the beginnings of two turns. */
export type Turn = {
  readonly name: string
  readonly pause: Millis
  run(stop: AbortSignal): Promise<void>
}

type Deps = {
  readonly turn: Turn
  readonly turns: TurnStore
  readonly clock: Clock
  readonly log: Log
}

/** An instance that dies in the middle is followed by another after this. */
export const LEASE = seconds(15)
const RENEW = seconds(5)
/** Others ask this often whether the turn has become free. */
const LONGEST_LOOK = seconds(5)
const SHORTEST_LOOK = millis(50)

/**
 * Takes the turn whenever it is due and nobody has it, until told to stop. A turn that cannot be kept – the database is
 * gone, or another instance has it – is told to stop before its lease is over.
 */
export async function runTurnLoop({ turn, turns, clock, log }: Deps, stop: AbortSignal): Promise<void> {
  const { name } = turn
  const look = millis(Math.max(SHORTEST_LOOK, Math.min(LONGEST_LOOK, turn.pause)))
  while (!stop.aborted) {
    try {
      if (await turns.take(name, turn.pause, LEASE)) {
        await runOwn(stop)
        await turns.giveBack(name)
      }
    } catch (err) {
      log.warn({ err, job: name }, 'job.turn-failed')
    }
    await clock.sleep(look, stop)
  }

  async function runOwn(outer: AbortSignal): Promise<void> {
    const over = new AbortController()
    const renewing = renew(over)
    try {
      await turn.run(AbortSignal.any([outer, over.signal]))
    } catch (err) {
      log.warn({ err, job: name }, 'job.failed')
    } finally {
      over.abort()
      await renewing
    }
  }

  /** Undefined when none comes: a database behind a dead line neither answers nor fails, for a quarter of an hour. */
  async function answered<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
    const come = new AbortController()
    const late = clock.sleep(RENEW, come.signal).then(() => undefined)
    return Promise.race([asked, late]).finally(() => come.abort())
  }

  async function renew(over: AbortController): Promise<void> {
    let keptAt = clock.steady()
    while (!over.signal.aborted) {
      await clock.sleep(RENEW, over.signal)
      if (over.signal.aborted) return
      const began = clock.steady()
      try {
        const kept = await answered(turns.keep(name, LEASE))
        if (kept === false) return lose('taken')
        if (kept) keptAt = began
      } catch (err) {
        log.warn({ err, job: name }, 'job.turn-not-renewed')
      }
      if (clock.steady() - keptAt >= LEASE - RENEW) return lose('unreachable')
    }

    function lose(why: 'taken' | 'unreachable'): void {
      log.warn({ job: name, why }, 'job.turn-lost')
      over.abort()
    }
  }
}
