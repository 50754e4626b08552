import type { GatewayEvent } from '#contract/event.ts'
import { type Seq, StreamId } from '#contract/ids.ts'
import { type Millis, millis } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { survivors } from '../../edge/outbox/frame-thinning.ts'
import { instant } from './world.ts'

export type StoredRecord = {
  readonly seq: Seq
  readonly record: GatewayRecord
  readonly boot: string
  readonly steadyAt: Millis
}
export type OutboxBatch = { readonly stream: StreamId; readonly records: readonly StoredRecord[] }

/** What this world needs of the edge's outbox, with the meaning it has there. */
export type SimulatedOutbox = {
  append(record: GatewayRecord): void
  flush(): number
  streams(): readonly { readonly stream: StreamId; readonly fresh: 'live' | 'backlog' }[]
  after(stream: StreamId, seq: number, limit: number): OutboxBatch | undefined
  forgetThrough(stream: StreamId, through: number): void
  openStream(): void
}

/** One stream of the outbox file, as its table would hold it. */
type Stream = {
  readonly stream: StreamId
  readonly level: number
  readonly records: Map<number, Omit<StoredRecord, 'seq'>>
  next: number
  sent: number
}

/** What is on disk: survives a power cut as far as it has been committed. */
export type OutboxFile = { streams: Stream[] }
/** The state file's word about an outbox, on another file. */
export type HeadFile = { head?: { stream: StreamId; reserved: number } }

export const emptyOutboxFile = (): OutboxFile => ({ streams: [] })

/** As a backup of the card would bring it back. */
export const copyOfOutbox = ({ streams }: OutboxFile): OutboxFile => ({
  streams: streams.map((stream) => ({ ...stream, records: new Map(stream.records) })),
})

export const recordKeys = ({ streams }: OutboxFile): readonly string[] =>
  streams.flatMap(({ stream, records }) => [...records.keys()].map((seq) => `${stream}/${seq}`))

type Deps = {
  readonly file: OutboxFile
  readonly heads: HeadFile
  readonly boot: string
  readonly steady: () => number
  readonly wall: () => number
  readonly uuid: () => string
  readonly maxRecords?: number
  readonly announce?: (gap: GatewayEvent) => void
  readonly full: () => boolean
  readonly committed: (key: string, record: GatewayRecord) => void
  readonly forgotten: (key: string) => void
  /** Asked inside a commit and between its parts: true stops the process here. */
  readonly dies: (
    at: 'outbox-after-insert-before-commit' | 'outbox-after-receipt-before-delete' | 'seq-block-reserved-before-use',
  ) => boolean
}

const RESERVE = 1000
const THIN_CHUNK = 20_000
const UNSENT_LEAST = 100

/** The rules of `outbox-store.ts` over files that a power cut can cut. */
export function createSimulatedOutbox(deps: Deps): SimulatedOutbox {
  const { file, heads } = deps
  let pending: { readonly record: GatewayRecord; readonly steadyAt: number }[] = []
  const byName = (stream: string): Stream | undefined => file.streams.find((one) => one.stream === stream)
  const keyOf = (stream: string, seq: number): string => `${stream}/${seq}`
  /** Whether the live stream was begun by this start; one that was not takes no more records. */
  let isOurs = false
  let live: Stream = openLive()

  /** Its numbers are the state file's, on disk before the stream is in the outbox's own. */
  function reserveStream(): StreamId {
    const stream = StreamId.parse(deps.uuid())
    heads.head = { stream, reserved: RESERVE }
    return stream
  }

  function addLive(stream = reserveStream()): Stream {
    const added: Stream = { stream, level: 0, records: new Map(), next: 1, sent: 0 }
    file.streams.push(added)
    isOurs = true
    return added
  }

  function openLive(): Stream {
    const last = file.streams.findLast((one) => one.stream === heads.head?.stream)
    return last ?? addLive()
  }

  const flush = (): number => {
    const count = pending.length
    if (count === 0) return 0
    if (deps.full()) throw new Error('ENOSPC')
    // That a file is a copy of yesterday's cannot be seen by looking at it: every start numbers in a stream of its own.
    if (!isOurs) {
      const stream = reserveStream()
      if (deps.dies('seq-block-reserved-before-use')) return 0
      live = addLive(stream)
    }
    while (live.next + count - 1 > (heads.head?.reserved ?? 0)) {
      heads.head = { stream: live.stream, reserved: (heads.head?.reserved ?? 0) + RESERVE }
      if (deps.dies('seq-block-reserved-before-use')) return 0
    }
    if (deps.dies('outbox-after-insert-before-commit')) return 0
    for (const { record, steadyAt } of pending) {
      live.records.set(live.next, { record, boot: deps.boot, steadyAt: millis(steadyAt) })
      deps.committed(keyOf(live.stream, live.next), record)
      live.next += 1
    }
    pending = []
    if (deps.maxRecords !== undefined && recordCount() > deps.maxRecords) thin()
    return count
  }

  const recordCount = (): number => file.streams.reduce((sum, { records }) => sum + records.size, 0)

  function thin(): void {
    const unsent = (one: Stream): number => [...one.records.keys()].filter((seq) => seq > one.sent).length
    const row = file.streams
      .filter((one) => unsent(one) >= UNSENT_LEAST)
      .toSorted((a, b) => a.level - b.level)
      .at(0)
    if (row === undefined) return
    const chunk = [...row.records].filter(([seq]) => seq > row.sent).slice(0, THIN_CHUNK)
    const keep = survivors(chunk.map(([, { record }]) => record))
    const [first, last] = [chunk[0]?.[0], chunk.at(-1)?.[0]]
    if (first === undefined || last === undefined) return
    const kept = chunk.filter((_, index) => keep[index])
    const moved: Stream = {
      stream: StreamId.parse(deps.uuid()),
      level: row.level + 1,
      records: new Map(kept.map(([, stored], index) => [index + 1, stored])),
      next: kept.length + 1,
      sent: 0,
    }
    for (const [seq] of chunk) row.records.delete(seq)
    for (const [seq, { record }] of moved.records) deps.committed(keyOf(moved.stream, seq), record)
    file.streams.push(moved)
    deps.announce?.({
      kind: 'event',
      name: 'gap',
      at: instant(deps.wall()),
      data: {
        stream: row.stream,
        from: first,
        to: last,
        reason: 'outbox-full',
        keptAs: moved.stream,
        kept: kept.length,
      },
    })
  }

  const after = (stream: StreamId, seq: number, limit: number): OutboxBatch | undefined => {
    const known = byName(stream)
    if (known === undefined) return undefined
    const records: StoredRecord[] = []
    for (const [number, stored] of known.records) {
      if (number <= seq) continue
      const before = records.at(-1)
      if (records.length === limit || (before !== undefined && number !== before.seq + 1)) break
      records.push({ seq: number as Seq, ...stored })
    }
    const last = records.at(-1)
    if (last === undefined) return undefined
    if (last.seq > known.sent) known.sent = last.seq + RESERVE
    return { stream, records }
  }

  return {
    append: (record) => void pending.push({ record, steadyAt: deps.steady() }),
    flush,
    streams: () => {
      const backlog = file.streams.filter((one) => one !== live && one.records.size > 0)
      return [
        ...backlog.map(({ stream }) => ({ stream, fresh: 'backlog' as const })),
        { stream: live.stream, fresh: 'live' as const },
      ]
    },
    after,
    forgetThrough: (stream, through) => {
      const known = byName(stream)
      if (known === undefined) return
      if (known === live && through >= live.next) {
        live = addLive()
        return
      }
      if (deps.dies('outbox-after-receipt-before-delete')) return
      for (const seq of known.records.keys()) {
        if (seq > through) break
        known.records.delete(seq)
        deps.forgotten(keyOf(stream, seq))
      }
      file.streams = file.streams.filter((one) => one === live || one.records.size > 0)
    },
    openStream: () => {
      live = addLive()
    },
  }
}
