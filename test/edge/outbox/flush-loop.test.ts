import { expect, test } from 'vitest'
import { millis, seconds } from '#contract/instant.ts'
import { runFlushLoop } from '../../../edge/outbox/flush-loop.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

async function commitsWithin(patienceS: number, lengthS: number) {
  const clock = createManualClock()
  const stopping = new AbortController()
  let [commits, looks] = [0, 0]
  const outbox = { flush: () => (commits += 1) } as never
  const before = (): void => {
    looks += 1
  }
  const deps = { outboxes: [outbox], patience: seconds(patienceS), before, committed: () => {}, clock, log: silentLog }
  const running = runFlushLoop(deps, stopping.signal)
  for (let second = 0; second < lengthS; second += 1) await clock.advance(millis(1000))
  const seen = { commits, looks }
  stopping.abort()
  await clock.advance(millis(1000))
  await running
  return { ...seen, atTheEnd: commits - seen.commits }
}

test.each([
  { patienceS: 0, commits: 20 },
  { patienceS: 1, commits: 20 },
  { patienceS: 5, commits: 4 },
  { patienceS: 60, commits: 4 },
])('frames that may wait $patienceS s for their message are committed $commits times in 20 s', async (row) => {
  const seen = await commitsWithin(row.patienceS, 20)
  expect(seen).toMatchObject({ commits: row.commits, looks: 20 })
  expect(seen.atTheEnd).toBeGreaterThan(0)
})
