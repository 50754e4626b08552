import { sql } from 'kysely'
import type { GatewayId, StreamId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { type StreamPosition, together } from './stream-position.ts'

export type StreamKey = { readonly gateway: GatewayId; readonly stream: StreamId }
export type KnownStream = StreamKey & { readonly position: StreamPosition }

export type CoverageStore = ReturnType<typeof createCoverageStore>

/** What every cloud instance has of every stream. */
export function createCoverageStore(db: Db, instance: string) {
  const rowsOf = (streams: readonly StreamKey[]) =>
    db
      .selectFrom('streamCoverage')
      .select(['gatewayId', 'stream', 'through', 'beyond'])
      .where('stream', 'in', [...new Set(streams.map(({ stream }) => stream))])
      .execute()
  const merged = async (streams: readonly StreamKey[]): Promise<readonly KnownStream[]> => {
    if (streams.length === 0) return []
    const byKey = Map.groupBy(await rowsOf(streams), ({ gatewayId, stream }) => `${gatewayId}/${stream}`)
    return streams.map(({ gateway, stream }) => ({
      gateway,
      stream,
      position: together(byKey.get(`${gateway}/${stream}`) ?? []),
    }))
  }
  return {
    /** What all instances have of these streams. */
    of: merged,
    /** The streams heard of last from a gateway, by whichever instance. */
    newestOf: async (gateway: GatewayId, limit: number): Promise<readonly KnownStream[]> => {
      const rows = await db
        .selectFrom('streamCoverage')
        .select(['stream', ({ fn }) => fn.max('heardAt').as('heard')])
        .where('gatewayId', '=', gateway)
        .groupBy('stream')
        .orderBy('heard', 'desc')
        .limit(limit)
        .execute()
      return merged(rows.map(({ stream }) => ({ gateway, stream })))
    },
    /** Says what this instance has by now, and answers what all have together. */
    tell: async (streams: readonly KnownStream[], now: EpochMs): Promise<readonly KnownStream[]> => {
      if (streams.length === 0) return []
      await db
        .insertInto('streamCoverage')
        .values(
          streams.map(({ gateway, stream, position }) => ({
            gatewayId: gateway,
            stream,
            instance,
            through: position.through,
            beyond: JSON.stringify(position.beyond),
            heardAt: now,
          })),
        )
        .onConflict((conflict) =>
          conflict.columns(['gatewayId', 'stream', 'instance']).doUpdateSet({
            through: (eb) => eb.ref('excluded.through'),
            beyond: sql`excluded.beyond`,
            heardAt: (eb) => eb.ref('excluded.heardAt'),
          }),
        )
        .execute()
      return merged(streams)
    },
  }
}
