import { createHash } from 'node:crypto'
import { type SqlBool, sql } from 'kysely'
import type { Facts } from '../../expressions/fact-type.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { factsFrom } from '../stored-facts.ts'
import { type Credit, creditOf } from './statement.ts'

export type AgentStore = ReturnType<typeof createAgentStore>
export type Agent = { readonly id: string; readonly fields: Facts }
const MOST_CREDITS = 5000
const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex')

/** Agents, what each was credited, and the secret addresses of their statements: records `agent`, `agent_row`, `agent_link`. */
export function createAgentStore(db: Db) {
  const records = (entity: string) =>
    db.selectFrom('processRecords').select(['id', 'fields']).where('entity', '=', entity)
  const ofAgent = (agent: string) => sql<SqlBool>`fields @> ${JSON.stringify({ agent })}::jsonb`
  return {
    list: async (limit: number, after: string | undefined): Promise<readonly Agent[]> => {
      const all = records('agent').orderBy('id').limit(limit)
      const rows = await (after === undefined ? all : all.where('id', '>', after)).execute()
      return rows.map(({ id, fields }) => ({ id, fields: factsFrom(fields) }))
    },
    /** Puts these fields to an agent and takes out those that are named; his credits are rows of their own and stay. */
    change: async (id: string, set: Facts, without: readonly string[], now: number): Promise<void> => {
      await db
        .updateTable('processRecords')
        .set(({ eb }) => ({
          fields: sql`(fields - ${[...without]}::text[]) || ${JSON.stringify(set)}::jsonb`,
          version: eb('version', '+', 1),
          changedAt: now,
        }))
        .where('entity', '=', 'agent')
        .where('id', '=', id)
        .execute()
    },
    find: async (id: string): Promise<Agent | undefined> => {
      const row = await records('agent').where('id', '=', id).executeTakeFirst()
      return row && { id: row.id, fields: factsFrom(row.fields) }
    },
    /** Of the days of this period; without one all of them. */
    credits: async (
      agent: string,
      period?: { readonly from: number; readonly to: number },
    ): Promise<readonly Credit[]> => {
      const rows = await records('agent_row')
        .where(ofAgent(agent))
        .orderBy('changedAt', 'desc')
        .limit(MOST_CREDITS)
        .execute()
      const credits = rows.map(({ id, fields }) => creditOf(id, factsFrom(fields)))
      return period === undefined
        ? credits
        : credits.filter(({ day }) => day !== null && day >= period.from && day < period.to)
    },
    /** The secret address of an agent; those he had before are closed. */
    setLink: async (agent: string, token: string, now: number): Promise<void> => {
      await db.deleteFrom('processRecords').where('entity', '=', 'agent_link').where(ofAgent(agent)).execute()
      const row = {
        entity: 'agent_link',
        id: hashOf(token),
        fields: JSON.stringify({ agent }),
        version: 1,
        changedAt: now,
      }
      await db.insertInto('processRecords').values(row).execute()
    },
    linked: async (token: string): Promise<string | undefined> => {
      const row = await records('agent_link').where('id', '=', hashOf(token)).executeTakeFirst()
      const agent = row?.fields['agent']
      return typeof agent === 'string' ? agent : undefined
    },
  }
}
