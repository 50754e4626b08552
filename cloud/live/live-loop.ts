import { type Clock, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import { restUntilRung } from '../orders/bell.ts'
import type { LiveService } from './live-service.ts'

type Deps = { readonly live: LiveService; readonly clock: Clock; readonly log: Log }

const ROUND = millis(200)
/** What happens together is told together, and what was told too lately comes with the next of these. */
const BREATH = millis(5)
const HEARTBEAT = seconds(15)
/** A database that has not answered for so long leaves old data on every screen: whoever reads is sent away, and says so. */
const STALLED = seconds(10)

/** Serves the readers of the live feed until told to stop, then ends their connections. */
export async function runLiveLoop({ live, clock, log }: Deps, stop: AbortSignal): Promise<void> {
  let [roundAt, beatAt] = [Number.NEGATIVE_INFINITY, clock.steady()]
  while (!stop.aborted) {
    live.bell.take()
    const answered = new AbortController()
    void clock.sleep(STALLED, answered.signal).then(() => {
      if (answered.signal.aborted || live.readers() === 0) return
      log.warn({ readers: live.readers() }, 'live.stalled')
      live.close()
    })
    try {
      const now = clock.steady()
      const isFull = now - roundAt >= ROUND
      if (isFull) roundAt = now
      await live.round(isFull ? 'everything' : 'orders')
      if (now - beatAt >= HEARTBEAT) {
        beatAt = now
        await live.heartbeat()
      }
    } catch (err) {
      log.error({ err }, 'live.round-failed')
    } finally {
      answered.abort()
    }
    await clock.sleep(BREATH, stop)
    const rest = live.isBehind() ? BREATH : millis(Math.max(1, roundAt + ROUND - clock.steady()))
    await restUntilRung(live.bell, clock, rest, stop)
  }
  live.close()
}
