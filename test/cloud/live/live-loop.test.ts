import { expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { seconds } from '#contract/instant.ts'
import { runLiveLoop } from '../../../cloud/live/live-loop.ts'
import { createLiveService } from '../../../cloud/live/live-service.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const vehicle = VehicleId.parse('0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21')

test.each([
  { database: 'is silent', views: () => new Promise<never>(() => {}), ended: [false, true] },
  { database: 'answers', views: async () => [], ended: [false, false] },
])('while the database $database, readers ended after 5 and after 15 s: $ended', async ({ views, ended }) => {
  const clock = createManualClock()
  const world = { clock, log: silentLog }
  const live = createLiveService({
    world,
    vehicleViews: views,
    orderViews: async () => [],
    parksOf: async () => new Map(),
  })
  let isEnded = false
  const sight = { parks: 'all', veil: undefined } as const
  live.join({ write: () => true, sight: async () => sight, end: () => (isEnded = true) }, sight)
  const stop = new AbortController()
  const running = runLiveLoop({ live, clock, log: silentLog }, stop.signal)
  live.vehicleChanged(vehicle)
  const seen: boolean[] = []
  for (const wait of [5, 10]) {
    await clock.advance(seconds(wait))
    seen.push(isEnded)
  }
  expect(seen).toEqual(ended)
  stop.abort()
  if (ended.at(-1) === false) await running
})
