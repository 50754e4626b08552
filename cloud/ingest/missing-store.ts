import { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { type GatewayId, StreamId } from '#contract/ids.ts'
import { type Clock, EpochMs, minutes } from '#contract/instant.ts'
import type { CoverageStore } from './coverage-store.ts'
import { Beyond } from './journal-sql.ts'
import { holesOf, type SeqRange } from './stream-position.ts'

/**
 * Records a gateway has made, as later numbers tell, and that nobody has received. `from`, `to`: what the records around
 * them tell of their time; null where there is none before them. `since`: when the cloud heard of what comes after them.
 */
export type Missing = {
  readonly records: number
  readonly from: EpochMs | null
  readonly to: EpochMs
  readonly since: EpochMs
}

export type MissingStore = { of(gateway: GatewayId): Promise<readonly Missing[]>; close(): void }

type Deps = {
  /** The journal's file, which exists. */
  readonly path: string
  readonly clock: Clock
  /** Of several instances: what is a hole here may have come to another one. */
  readonly coverage?: Pick<CoverageStore, 'of'> | undefined
}

/** Batches pass each other on their way: a hole as young as this is no news. */
const YOUNG = minutes(2)

const Stream = z.object({
  id: z.int(),
  stream: StreamId,
  through: z.int(),
  beyond: z.string().transform((text) => Beyond.parse(JSON.parse(text))),
})
const Neighbour = z.object({ at: EpochMs, receivedAt: EpochMs }).optional()

/** What the journal is waiting for, for as long as it keeps the records around it. Reads beside the journal's one writer. */
export function createMissingStore({ path, clock, coverage }: Deps): MissingStore {
  const db = new DatabaseSync(path, { readOnly: true })
  const streams = db.prepare(
    "SELECT id, stream, through, beyond FROM streams WHERE gateway = ? AND beyond <> '[]' ORDER BY id DESC LIMIT 20",
  )
  /** Of a run, one record: the last before the hole, the first behind it. */
  const told = (place: string) => {
    const one = `iif(count = 1, record, json_extract(record, '${place}'))`
    return `coalesce(json_extract(${one}, '$.readAt'), json_extract(${one}, '$.at')) AS at, received_at AS receivedAt`
  }
  const before = db.prepare(
    `SELECT ${told('$[#-1]')} FROM entries WHERE stream_id = ? AND seq < ? ORDER BY seq DESC LIMIT 1`,
  )
  const after = db.prepare(`SELECT ${told('$[0]')} FROM entries WHERE stream_id = ? AND seq > ? ORDER BY seq LIMIT 1`)
  const missing = (id: number, hole: SeqRange): readonly Missing[] => {
    const [earlier, next] = [Neighbour.parse(before.get(id, hole.from)), Neighbour.parse(after.get(id, hole.to))]
    if (next === undefined || clock.now() - next.receivedAt < YOUNG) return []
    const records = hole.to - hole.from + 1
    return [{ records, from: earlier?.at ?? null, to: next.at, since: next.receivedAt }]
  }
  return {
    of: async (gateway) => {
      const open = z.array(Stream).parse(streams.all(gateway))
      const known = await coverage?.of(open.map(({ stream }) => ({ gateway, stream })))
      return open.flatMap(({ id, ...own }, index) =>
        holesOf(known?.[index]?.position ?? own).flatMap((hole) => missing(id, hole)),
      )
    },
    close: () => db.close(),
  }
}
