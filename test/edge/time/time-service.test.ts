import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { StreamId } from '#contract/ids.ts'
import { epochMs, later, millis, minutes } from '#contract/instant.ts'
import { createOutboxStore, type OutboxStore } from '../../../edge/outbox/outbox-store.ts'
import { createStreamHeadStore } from '../../../edge/outbox/stream-head-store.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'
import { BUILT } from '../../../edge/time/build-date.ts'
import { datedOutbox } from '../../../edge/time/dated-outbox.ts'
import { createTimeService } from '../../../edge/time/time-service.ts'
import { createTimeStore } from '../../../edge/time/time-store.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-time-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const T0 = epochMs(1_795_289_123_456)

/** One boot of a gateway: its clock, its time and the outbox of its frames, on the files of the boots before. */
function boot(name: string, clock: ManualClock, quality: 'ntp' | 'estimated' = 'estimated') {
  const state = openDatabase(join(dir, 'state.sqlite'))
  const world = { quality }
  const time = createTimeService({
    clock,
    systemQuality: () => world.quality,
    store: createTimeStore(state),
    boot: name,
    notBefore: BUILT,
    log: silentLog,
  })
  const outbox = createOutboxStore({
    db: openDatabase(join(dir, 'frames.sqlite')),
    name: 'frames',
    heads: createStreamHeadStore(state),
    clock: time.clock,
    uuid: randomUUID,
    boot: name,
    log: silentLog,
  })
  const dated = datedOutbox(outbox, { boot: name, steady: clock.steady, syncOf: time.syncOf })
  const keep = (more: Partial<Frame> = {}): void => {
    const { at, quality: timeQuality } = time.now()
    outbox.append({ kind: 'frame', readAt: at, timeQuality, fix: 'none', gnssTrust: 'ok', relay: 'closed', ...more })
    outbox.flush()
  }
  return { world, time, outbox, dated, keep }
}

const sent = (outbox: OutboxStore) =>
  outbox.streams().flatMap(({ stream }) => outbox.after(StreamId.parse(stream), 0, 100)?.records ?? [])
const framesOf = (outbox: OutboxStore) =>
  sent(outbox).flatMap(({ record }) => (record.kind === 'frame' ? [{ at: record.readAt, by: record.timeQuality }] : []))

/** A clock whose battery is dead: 1970 at every start. */
const deadClock = () => createManualClock(1000)

test('frames made before the first fix wait for it, and get its time', async () => {
  const clock = deadClock()
  const { time, outbox, dated, keep } = boot('boot-1', clock)
  keep()
  await clock.advance(20_000)
  keep()
  expect(sent(outbox)).toHaveLength(2)
  expect(sent(dated)).toEqual([])
  await clock.advance(10_000)
  for (let fix = 0; fix < 3; fix += 1) {
    time.hearFix(later(T0, fix * 1000), clock.steady())
    await clock.advance(1000)
  }
  expect(framesOf(dated)).toEqual([
    { at: T0 - 30_000, by: 'gnss' },
    { at: T0 - 10_000, by: 'gnss' },
  ])
  keep()
  expect(framesOf(dated).at(-1)).toEqual({ at: T0 + 3000, by: 'gnss' })
})

test('the same with NTP instead of a fix', async () => {
  const clock = deadClock()
  const { world, time, dated, keep } = boot('boot-1', clock)
  keep()
  await clock.advance(60_000)
  clock.jumpWall(T0 - clock.now())
  world.quality = 'ntp'
  expect(time.now()).toEqual({ at: T0, quality: 'ntp' })
  expect(framesOf(dated)).toEqual([{ at: T0 - 60_000, by: 'ntp' }])
})

test('a boot that never knew the time sends estimates, once it is over or two minutes have passed', async () => {
  const clock = deadClock()
  const { dated, keep } = boot('boot-1', clock)
  keep()
  await clock.advance(minutes(2))
  expect(framesOf(dated)).toEqual([{ at: BUILT, by: 'estimated' }])
  keep()
  expect(sent(dated)).toHaveLength(1)
  const next = boot('boot-2', deadClock())
  expect(framesOf(next.dated).map(({ by }) => by)).toEqual(['estimated', 'estimated'])
})

test('records of a boot that ended before they were sent are dated by its own first sync', async () => {
  const clock = deadClock()
  const first = boot('boot-1', clock)
  first.keep()
  await clock.advance(5000)
  for (let fix = 0; fix < 3; fix += 1) first.time.hearFix(later(T0, fix), clock.steady())
  // The power went here; the next boot has another monotonic clock, and knows nothing yet.
  const second = boot('boot-2', deadClock())
  expect(framesOf(second.dated)).toEqual([{ at: T0 - 4998, by: 'gnss' }])
})

test('events and reports never wait; their moments are corrected where that is still possible', async () => {
  const clock = deadClock()
  const { time, outbox, dated } = boot('boot-1', clock)
  outbox.append({ kind: 'event', name: 'gateway-started', at: time.now().at, data: {} })
  outbox.flush()
  expect(sent(dated)).toHaveLength(1)
  await clock.advance(10_000)
  for (let fix = 0; fix < 3; fix += 1) time.hearFix(T0, clock.steady())
  const [event] = sent(dated)
  expect(event?.record).toMatchObject({ name: 'gateway-started', at: T0 - 10_000 })
})

test('a frame that was dated by a fix is never touched', async () => {
  const clock = deadClock()
  const { time, dated, keep } = boot('boot-1', clock)
  keep({ readAt: later(T0, -7000), timeQuality: 'gnss' })
  await clock.advance(10_000)
  for (let fix = 0; fix < 3; fix += 1) time.hearFix(T0, clock.steady())
  expect(framesOf(dated)).toEqual([{ at: T0 - 7000, by: 'gnss' }])
})

test('the floor outlives the boot: after NTP or a signed order no later boot goes back before it', () => {
  const ntp = createManualClock(T0)
  const first = boot('boot-1', ntp, 'ntp')
  first.time.now()
  first.time.hearCloud(later(T0, 60_000))
  const second = boot('boot-2', deadClock())
  expect(second.time.now()).toEqual({ at: T0 + 60_000, quality: 'estimated' })
  expect(second.time.orderQuality()).toBe('estimated')
})

test('a wall clock stepped by hours while driving shows in no record', async () => {
  const clock = createManualClock(T0)
  const { time, dated, keep } = boot('boot-1', clock, 'ntp')
  keep()
  await clock.advance(1000)
  clock.jumpWall(-5 * 3_600_000)
  keep()
  await clock.advance(1000)
  clock.jumpWall(11 * 3_600_000)
  keep()
  expect(framesOf(dated)).toEqual([
    { at: T0, by: 'ntp' },
    // Back before what NTP itself has said: impossible, so the held time goes on as NTP's.
    { at: T0 + 1000, by: 'ntp' },
    { at: T0 + 2000, by: 'estimated' },
  ])
  expect(time.orderQuality()).toBe('estimated')
  expect(time.clock.now()).toBe(T0 + 2000)
  expect(time.clock.steady()).toBe(millis(clock.steady()))
})
