import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { afterAll, expect, test } from 'vitest'
import { parseBatch } from '#contract/batch.ts'
import type { Frame } from '#contract/frame.ts'
import type { StreamId } from '#contract/ids.ts'
import { epochMs, millis } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { declaredGap } from '../../../cloud/ingest/gap-event.ts'
import { cover, STREAM_START, type StreamPosition } from '../../../cloud/ingest/stream-position.ts'
import { createOutboxService } from '../../../edge/outbox/outbox-service.ts'
import { createOutboxStore } from '../../../edge/outbox/outbox-store.ts'
import { recordsMessage } from '../../../edge/outbox/records-message.ts'
import { createSendWindow } from '../../../edge/outbox/send-window.ts'
import { createStreamHeadStore } from '../../../edge/outbox/stream-head-store.ts'
import { openDatabase } from '../../../edge/state/sqlite-client.ts'
import { failingDisk, PowerCut, type Writes } from '../../support/failing-disk.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const root = mkdtempSync(join(tmpdir(), 'kordon-power-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** The cloud's own arithmetic of streams, and every record it has stored. A number given twice is named. */
function createCloud(power: () => 'on' | 'off') {
  const positions = new Map<StreamId, StreamPosition>()
  const stored = new Map<string, string>()
  const reused: string[] = []
  const note = (stream: StreamId, from: number, to: number): StreamPosition => {
    const { position } = cover(positions.get(stream) ?? STREAM_START, { from, to })
    positions.set(stream, position)
    return position
  }
  return {
    positions,
    stored,
    reused,
    take: (payload: Uint8Array): { stream: StreamId; through: number } => {
      if (power() === 'off') throw new PowerCut('no power to send with')
      const batch = parseBatch(payload)
      if (!batch.ok) throw new Error(batch.reason)
      for (const item of batch.items) {
        if (!('record' in item)) throw new Error(item.refused)
        const [key, text] = [`${batch.stream}/${item.seq}`, JSON.stringify({ ...item.record, backfill: undefined })]
        if (stored.has(key) && stored.get(key) !== text) reused.push(key)
        stored.set(key, text)
        const gap = declaredGap(item.record, batch.stream)
        if (gap !== undefined) note(gap.stream, gap.range.from, gap.range.to)
      }
      const { through } = note(batch.stream, batch.firstSeq, batch.firstSeq + batch.items.length - 1)
      return { stream: batch.stream, through }
    },
  }
}
type Cloud = ReturnType<typeof createCloud>

const frame = (index: number): Frame => ({
  kind: 'frame',
  readAt: epochMs(1_795_000_000_000 + index * 1000),
  timeQuality: 'gnss',
  fix: '3d',
  gnssTrust: 'ok',
  relay: 'closed',
  ignition: index % 50 < 25,
})
const event = (index: number): GatewayRecord => ({
  kind: 'event',
  name: 'mark',
  at: epochMs(1_795_000_000_000 + index),
  data: {},
})

/** One boot of the gateway's logs over the files of a folder; `accepted` is what it has promised to keep. */
function boot(dir: string, name: string, uuid: () => string, disk: (db: DatabaseSync) => DatabaseSync) {
  const files = ['state', 'events', 'frames'].map((file) => openDatabase(join(dir, `${file}.sqlite`)))
  // The cut is simulated by what the files hold at that write; flushing real disks would only take time.
  for (const file of files) file.exec('PRAGMA synchronous = OFF')
  const [state, eventsFile, framesFile] = files.map(disk)
  if (state === undefined || eventsFile === undefined || framesFile === undefined) throw new Error('three files')
  const accepted: string[] = []
  const clock = createManualClock()
  const window = createSendWindow()
  const close = (): void => {
    for (const file of files) file.close()
  }
  const open = () => {
    const common = { heads: createStreamHeadStore(state), clock, log: silentLog, boot: name, uuid }
    const events = createOutboxStore({ ...common, db: eventsFile, name: 'events' })
    const service = createOutboxService({ events, frames: () => frames, window, wake: () => {}, clock, log: silentLog })
    const frames = createOutboxStore({
      ...common,
      db: framesFile,
      name: 'frames',
      maxBytes: 30_000,
      announce: service.keepEvent,
    })
    frames.announceGaps()
    const keep = (record: GatewayRecord): void => {
      if (service.keepEvent(record) === 'stored') accepted.push(JSON.stringify(record))
    }
    const fill = (from: number, to: number): void => {
      const made = Array.from({ length: to - from }, (_, index) => frame(from + index))
      for (const one of made) frames.append(one)
      if (frames.flush() > 0) accepted.push(...made.map((one) => JSON.stringify(one)))
    }
    /** Sends up to `messages` of each stream; the receipts come when all are sent. */
    const send = (cloud: Cloud, messages: number, size: number): void => {
      service.connected()
      window.reset()
      const receipts: { stream: StreamId; through: number }[] = []
      for (const store of [events, frames])
        for (const { stream } of store.streams())
          for (let count = 0; count < messages; count += 1) {
            const batch = store.after(stream, window.sentThrough(stream), size)
            const message = batch && recordsMessage(batch, { boot: name, since: millis(0) }, 'compact')
            if (message === undefined) break
            store.markSent(stream, message.through)
            window.sent(stream, message.through, clock.steady())
            receipts.push(cloud.take(message.payload))
          }
      for (const { stream, through } of receipts) service.take({ v: 1, stream, through } as const)
    }
    return { events, frames, keep, fill, send }
  }
  return { open, accepted, close }
}

/** What one car does on one day; told to the cloud in parts. */
function day({ frames, keep, fill, send }: ReturnType<ReturnType<typeof boot>['open']>, cloud: Cloud): void {
  keep(event(1))
  for (let index = 0; index < 180; index += 60) fill(index, index + 60)
  keep(event(2))
  send(cloud, 2, 20)
  fill(180, 200)
  frames.openStream()
  fill(200, 220)
  keep(event(3))
  send(cloud, 1, 30)
}

function uuids(): () => string {
  let count = 0
  return () => {
    count += 1
    return `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`
  }
}

/** The day with the power gone at write `failAt`, then a new boot from what is on the disk, until all is told. */
function lived(failAt: number, when: 'before' | 'after') {
  const dir = mkdtempSync(join(root, 'car-'))
  const writes: Writes = { made: 0, failAt, error: () => new PowerCut('no power') }
  let power: () => 'on' | 'off' = () => (writes.made < failAt ? 'on' : 'off')
  const cloud = createCloud(() => power())
  const uuid = uuids()
  const first = boot(dir, 'boot-1', uuid, (db) => failingDisk(db, writes, when))
  try {
    day(first.open(), cloud)
  } catch (cause) {
    if (!(cause instanceof PowerCut)) throw cause
  }
  const after = mkdtempSync(join(root, 'car-'))
  for (const file of readdirSync(dir)) if (!file.endsWith('-shm')) cpSync(join(dir, file), join(after, file))
  first.close()
  power = () => 'on'
  const second = boot(after, 'boot-2', uuid, (db) => db)
  const again = second.open()
  again.fill(1000, 1001)
  for (let round = 0; round < 8; round += 1) again.send(cloud, 100, 1000)
  const left = again.frames.size().records + again.events.size().records
  second.close()
  for (const used of [dir, after]) rmSync(used, { recursive: true, force: true })
  const told = [...cloud.stored.values()].map((text) => text.replace(/,"backfill":(true|false)/, ''))
  const holes = [...cloud.positions.values()].filter(({ beyond }) => beyond.length > 0).length
  return { writes: writes.made, accepted: first.accepted, told, left, holes, reused: cloud.reused }
}

const whole = lived(Number.POSITIVE_INFINITY, 'before')

/** Thinned away is a frame whose neighbours on both sides were told, no edge among them. */
function missing(accepted: readonly string[], told: readonly string[]): readonly string[] {
  const known = new Set(told)
  return accepted.filter((text, index) => {
    if (known.has(text)) return false
    const record: GatewayRecord = JSON.parse(text)
    const isEdge = record.kind !== 'frame' || accepted[index - 1]?.includes(`"ignition":${!record.ignition}`) === true
    const near = (step: number): boolean =>
      [1, 2, 3, 4].some((far) => known.has(JSON.stringify(frame(indexOf(record) + step * far))))
    return isEdge || !near(1) || !near(-1)
  })
}
const indexOf = (record: GatewayRecord): number =>
  record.kind === 'frame' ? (record.readAt - 1_795_000_000_000) / 1000 : -1

test('without a cut the day is told whole, thinned where the bound says so', () => {
  expect(whole.accepted.length).toBe(223)
  expect(whole.told.some((text) => text.includes('"name":"gap"'))).toBe(true)
  expect(missing(whole.accepted, whole.told)).toEqual([])
  expect(whole.writes).toBeGreaterThan(250)
})

test.each(['before', 'after'] as const)(
  'the power cut at every single write, its instant %s it: nothing accepted is lost, no number is used twice, no stream is stuck',
  (when) => {
    const bad: object[] = []
    for (let failAt = 1; failAt <= whole.writes; failAt += 1) {
      const { accepted, told, left, holes, reused } = lived(failAt, when)
      const lost = missing(accepted, told)
      const twice = told.filter((text, index) => text.includes('"kind":"frame"') && told.indexOf(text) !== index)
      if (lost.length + left + holes + reused.length + twice.length > 0)
        bad.push({ failAt, lost: lost.slice(0, 3), left, holes, reused, twice: twice.slice(0, 2) })
    }
    expect(bad).toEqual([])
  },
  120_000,
)
