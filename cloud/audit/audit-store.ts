import { sql } from 'kysely'
import { z } from 'zod'
import type { EpochMs } from '#contract/instant.ts'
import type { AuditCheckpointRow, AuditDetailRow, AuditEntryRow } from '../postgres/audit-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { AuditKind, AuditWord } from './entry.ts'
import { EMPTY, type Frontier, KEPT_LEVEL, type Node } from './merkle.ts'

export type AuditStore = ReturnType<typeof createAuditStore>

export type AuditQuery = {
  readonly kind?: AuditKind | undefined
  /** An account, a rule or a gateway. */
  readonly by?: string | undefined
  /** A vehicle, driver, order or account it concerns. */
  readonly about?: string | undefined
  readonly from?: EpochMs | undefined
  readonly to?: EpochMs | undefined
  /** Only older than this position. */
  readonly before?: number | undefined
  readonly limit: number
}

export type AuditEntry = Omit<AuditEntryRow, 'subjects'> & { readonly subjects: readonly string[] }

/** The inbox, the leaves, the subtrees and the checkpoints of the audit. */
export function createAuditStore(db: Db) {
  return {
    /** Resolves to the sources that had not been told before. */
    put: async (words: readonly AuditWord[]): Promise<ReadonlySet<string>> => {
      if (words.length === 0) return new Set()
      const rows = words.map(({ source, at, kind, by, subjects, data }) => ({
        source,
        at,
        kind,
        byKind: by.kind,
        byId: by.id,
        subjects: JSON.stringify(subjects),
        data: JSON.stringify(data),
      }))
      const put = await db
        .insertInto('auditInbox')
        .values(rows)
        .onConflict((it) => it.doNothing())
        .returning('source')
        .execute()
      return new Set(put.map((row) => row.source))
    },
    putDetails: async (details: readonly (Omit<AuditDetailRow, 'subjects'> & { subjects: readonly string[] })[]) => {
      if (details.length === 0) return
      const rows = details.map((detail) => ({ ...detail, subjects: JSON.stringify(detail.subjects) }))
      await db
        .insertInto('auditDetails')
        .values(rows)
        .onConflict((it) => it.doNothing())
        .execute()
    },
    /** Oldest first. */
    waiting: async (limit: number): Promise<readonly AuditWord[]> => {
      const rows = await db.selectFrom('auditInbox').selectAll().orderBy('arrived').limit(limit).execute()
      return rows.map(({ source, at, kind, byKind, byId, subjects, data }) => ({
        source,
        at,
        kind,
        by: { kind: byKind, id: byId },
        subjects,
        data,
      }))
    },
    taken: async (sources: readonly string[]): Promise<void> => {
      if (sources.length > 0) await db.deleteFrom('auditInbox').where('source', 'in', sources).execute()
    },
    known: async (sources: readonly string[]): Promise<ReadonlySet<string>> => {
      if (sources.length === 0) return new Set()
      const rows = await db.selectFrom('auditEntries').select('source').where('source', 'in', sources).execute()
      return new Set(rows.map((row) => row.source))
    },
    head: async (): Promise<Frontier> =>
      (await db.selectFrom('auditHead').select(['size', 'peaks']).executeTakeFirst()) ?? EMPTY,
    /** The same, locked until the transaction ends: leaves are added by one after another. */
    lockedHead: async (): Promise<Frontier> => {
      await db
        .insertInto('auditHead')
        .values({ size: 0, peaks: '[]' })
        .onConflict((it) => it.doNothing())
        .execute()
      return db.selectFrom('auditHead').select(['size', 'peaks']).forUpdate().executeTakeFirstOrThrow()
    },
    append: async (
      entries: readonly AuditEntry[],
      nodes: readonly Node[],
      { size, peaks }: Frontier,
    ): Promise<void> => {
      if (entries.length === 0) return
      const rows = entries.map((entry) => ({ ...entry, subjects: JSON.stringify(entry.subjects) }))
      await db.insertInto('auditEntries').values(rows).execute()
      const kept = nodes.filter((node) => node.level >= KEPT_LEVEL)
      if (kept.length > 0) await db.insertInto('auditNodes').values(kept).execute()
      await db
        .updateTable('auditHead')
        .set({ size, peaks: JSON.stringify(peaks) })
        .execute()
    },
    /** Newest first. */
    list: ({ kind, by, about, from, to, before, limit }: AuditQuery): Promise<AuditEntry[]> => {
      let query = db.selectFrom('auditEntries').selectAll()
      if (kind !== undefined) query = query.where('kind', '=', kind)
      if (by !== undefined) query = query.where('byId', '=', by)
      if (about !== undefined) query = query.where(sql<boolean>`subjects @> ${JSON.stringify([about])}::jsonb`)
      if (from !== undefined) query = query.where('at', '>=', from)
      if (to !== undefined) query = query.where('at', '<', to)
      if (before !== undefined) query = query.where('position', '<', before)
      return query.orderBy('position', 'desc').limit(limit).execute()
    },
    find: (position: number): Promise<AuditEntry | undefined> =>
      db.selectFrom('auditEntries').selectAll().where('position', '=', position).executeTakeFirst(),
    /** Leaves in order from `position` on, below `until`. */
    leavesFrom: async (position: number, until: number, limit: number): Promise<readonly AuditEntry[]> =>
      db
        .selectFrom('auditEntries')
        .selectAll()
        .where('position', '>=', position)
        .where('position', '<', until)
        .orderBy('position')
        .limit(limit)
        .execute(),
    hashesOf: async (from: number, count: number): Promise<readonly string[]> => {
      const rows = await db
        .selectFrom('auditEntries')
        .select('hash')
        .where('position', '>=', from)
        .where('position', '<', from + count)
        .orderBy('position')
        .execute()
      return rows.map((row) => row.hash)
    },
    node: async (level: number, index: number): Promise<string | undefined> => {
      const query = db.selectFrom('auditNodes').select('hash').where('level', '=', level).where('index', '=', index)
      return (await query.executeTakeFirst())?.hash
    },
    detailsOf: async (commitments: readonly string[]): Promise<ReadonlyMap<string, AuditDetailRow['value']>> => {
      if (commitments.length === 0) return new Map()
      const rows = await db.selectFrom('auditDetails').selectAll().where('commitment', 'in', commitments).execute()
      return new Map(rows.map((row) => [row.commitment, row.value]))
    },
    /** What people call these: names of accounts and drivers, plates, parks. */
    namesOf: async (asked: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      // An entry may name somebody whose id was never one of an account.
      const known = asked.filter((id) => z.uuid().safeParse(id).success)
      if (known.length === 0) return new Map()
      const ids = sql`any(${known}::uuid[])`
      const { rows } = await sql<{ id: string; name: string }>`
        select id::text as id, name from accounts where id = ${ids}
        union all select id::text, plate from vehicles where id = ${ids}
        union all select id::text, family_name || ' ' || given_name from drivers where id = ${ids}
        union all select id::text, name from parks where id = ${ids}`.execute(db)
      return new Map(rows.map((row) => [row.id, row.name]))
    },
    /** Everything said about one of these subjects, for an export. */
    detailsAbout: (subject: string) =>
      db
        .selectFrom('auditDetails')
        .select(['value', 'at'])
        .where(sql<boolean>`subjects @> ${JSON.stringify([subject])}::jsonb`)
        .orderBy('at')
        .execute(),
    /**
     * What was said about it, and whatever has one of these words in it, such as a search for a name. The tree keeps its
     * commitments and stays whole. Resolves to how many were forgotten.
     */
    forgetAbout: async (subject: string, words: readonly string[] = []): Promise<number> => {
      const gone = await db
        .deleteFrom('auditDetails')
        .where((or) =>
          or.or([
            sql<boolean>`subjects @> ${JSON.stringify([subject])}::jsonb`,
            ...words.map((word) => sql<boolean>`position(${word} in value) > 0`),
          ]),
        )
        .executeTakeFirst()
      return Number(gone.numDeletedRows)
    },
    forgetBefore: async (at: EpochMs): Promise<number> => {
      const gone = await db.deleteFrom('auditDetails').where('at', '<', at).executeTakeFirst()
      return Number(gone.numDeletedRows)
    },
    keepCheckpoint: async (row: AuditCheckpointRow): Promise<void> => {
      await db
        .insertInto('auditCheckpoints')
        .values(row)
        .onConflict((it) => it.doNothing())
        .execute()
    },
    newestCheckpoint: (): Promise<AuditCheckpointRow | undefined> =>
      db.selectFrom('auditCheckpoints').selectAll().orderBy('size', 'desc').limit(1).executeTakeFirst(),
    checkpointAt: (size: number): Promise<AuditCheckpointRow | undefined> =>
      db.selectFrom('auditCheckpoints').selectAll().where('size', '=', size).limit(1).executeTakeFirst(),
  }
}
