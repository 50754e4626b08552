import { afterAll, expect, test } from 'vitest'
import { Seq } from '#contract/ids.ts'
import { epochMs, later, minutes } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { createMissingStore } from '../../../cloud/ingest/missing-store.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { frameOf } from '../history/history-support.ts'
import { GATEWAY, OTHER_STREAM, STREAM, tempDir } from './journal-support.ts'

const T0 = epochMs(1_795_289_000_000)
const folder = tempDir()
afterAll(() => folder.remove())

/** Record n was read n seconds after T0. */
const record = (seq: number): GatewayRecord => frameOf(T0 + seq * 1000)
let files = 0

function open() {
  files += 1
  const path = folder.file(`${files}.sqlite`)
  const clock = createManualClock(T0 + 3_600_000)
  const journal = createJournalStore({ path, clock })
  const take = (from: number, to: number, stream = STREAM) =>
    journal.append({
      ...{ gateway: GATEWAY, receivedAt: clock.now(), stream, range: { from, to }, declared: [] },
      items: Array.from({ length: to - from + 1 }, (_, index) => ({
        seq: Seq.parse(from + index),
        record: record(from + index),
      })),
    })
  return { path, clock, journal, take }
}

test('a hole is told with the time around it once it is no longer on its way, and is gone once it is filled', async () => {
  const { path, clock, journal, take } = open()
  const missing = createMissingStore({ path, clock })
  await take(1, 10)
  await take(16, 20)
  const since = clock.now()
  expect(await missing.of(GATEWAY), 'batches pass each other').toEqual([])
  clock.jumpWall(minutes(2))
  const hole = { records: 5, from: later(T0, 10_000), to: later(T0, 16_000), since }
  expect(await missing.of(GATEWAY)).toEqual([hole])
  await take(12, 12)
  expect(await missing.of(GATEWAY), 'what came last is no news yet').toMatchObject([{ records: 3, since }])
  await take(11, 15)
  expect(await missing.of(GATEWAY)).toEqual([])
  missing.close()
  journal.close()
})

test('a stream whose beginning is missing, and one of which another instance has what is missing here', async () => {
  const { path, clock, journal, take } = open()
  await take(4, 6)
  await take(3, 3, OTHER_STREAM)
  clock.jumpWall(minutes(2))
  const alone = createMissingStore({ path, clock })
  expect((await alone.of(GATEWAY)).map(({ records, from }) => [records, from])).toEqual([
    [2, null],
    [3, null],
  ])
  const whole = { through: 6, beyond: [] }
  const several = createMissingStore({
    ...{ path, clock },
    coverage: {
      of: async (streams) =>
        streams.map((key) => ({
          ...key,
          position: key.stream === STREAM ? whole : { through: 1, beyond: [{ from: 3, to: 3 }] },
        })),
    },
  })
  expect(await several.of(GATEWAY)).toMatchObject([{ records: 1 }])
  for (const one of [alone, several, journal]) one.close()
})
