import { type RawBuilder, sql } from 'kysely'
import type { DriverId } from '../drivers/driver.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { PLACES, type Place } from './places.ts'

/** By what one driver is known in what others have written. */
export type Marks = { readonly id: DriverId; readonly phones: readonly string[]; readonly words: readonly string[] }

const OF_CARDS: ReadonlySet<string> = new Set(['card_log', 'card_tasks', 'process_files', 'process_outbox'])
const PHONE = /\+\d{10,15}/g

export type TraceStore = ReturnType<typeof createTraceStore>

/** What stands of one driver outside of his own file: calls, conversations, cards and their papers, and words about him. */
export function createTraceStore(db: Db) {
  const ofHisCards = ({ id, phones }: Marks) => sql`(
    select card from card_links where entity = 'driver' and record = ${id}
    union select id from cards where fields ->> 'phone' = any(${phones}::text[]))`
  const scans = (marks: Marks) => sql`from process_files
    where (document like 'driver.%' and card in ${ofHisCards(marks)}) or waits_for = any(${marks.phones}::text[])`
  const ofHisCalls = ({ phones }: Marks) => sql`caller = any(${phones}::text[]) or callee = any(${phones}::text[])`
  const conversations = (marks: Marks) => sql`phone = any(${marks.phones}::text[])`
  const rows = async (query: RawBuilder<unknown>): Promise<readonly unknown[]> => (await query.execute(db)).rows

  /** Every one of these words becomes `instead`, wherever it stands in this column, or where `within` says. */
  const replace = async (
    { table, column, kind }: Place,
    words: readonly string[],
    instead: string,
    within: RawBuilder<unknown> = sql`true`,
  ): Promise<void> => {
    const found = words.map((word) => (kind === 'json' ? JSON.stringify(word).slice(1, -1) : word))
    const text = sql`${sql.ref(column)}::text`
    const said = found.reduce((before, word) => sql`replace(${before}, ${word}, ${instead})`, text)
    const hits = sql.join(
      found.map((word) => sql`position(${word} in ${text}) > 0`),
      sql` or `,
    )
    await sql`update ${sql.table(table)} set ${sql.ref(column)} = ${kind === 'json' ? sql`(${said})::jsonb` : said}
      where (${hits}) and ${within}`.execute(db)
  }
  /** A form or a call says a name as it was typed: on cards of his number, and in what came with it, it is his. */
  const replaceTyped = async ({ phones }: Marks, instead: string): Promise<void> => {
    const typed = await sql<{ id: string; name: string | null }>`select id, fields ->> 'name' as name from cards
      where fields ->> 'phone' = any(${phones}::text[])`.execute(db)
    const names = [...new Set(typed.rows.flatMap(({ name }) => (name === null || name.length < 3 ? [] : [name])))]
    if (names.length === 0) return
    const cards = sql`= any(${typed.rows.map(({ id }) => id)}::uuid[])`
    for (const place of PLACES) {
      const said = sql`${sql.ref(place.column)}::text`
      const named = sql.join(
        phones.map((phone) => sql`position(${phone} in ${said}) > 0`),
        sql` or `,
      )
      const own =
        place.table === 'cards' ? sql`id ${cards}` : OF_CARDS.has(place.table) ? sql`card ${cards}` : sql`false`
      const within = sql`(${own} or ${named})`
      await replace(place, names, instead, within)
    }
  }

  return {
    /** Numbers he had once: his history keeps them. */
    formerPhones: async (id: DriverId): Promise<readonly string[]> => {
      const { rows: kept } = await sql<{ said: string }>`select changes::text as said from driver_changes
        where driver_id = ${id}`.execute(db)
      return kept.flatMap(({ said }) => said.match(PHONE) ?? [])
    },
    /** Whether another driver answers to this name too: then the name alone means nobody. */
    hasNamesake: async (id: DriverId, familyName: string, givenName: string): Promise<boolean> =>
      (
        await rows(sql`select id from drivers
          where family_name = ${familyName} and given_name = ${givenName} and id <> ${id} limit 1`)
      ).length > 0,

    /** For his export. */
    calls: (marks: Marks) =>
      rows(sql`select direction, caller, callee, started_at, answered_at, ended_at, recording from phone_calls
        where ${ofHisCalls(marks)} order by started_at`),
    letters: (marks: Marks) =>
      rows(sql`select i.direction, i.text, i.at from inbox_items i
        join inbox_conversations c on c.id = i.conversation where c.${conversations(marks)} order by i.at`),
    cards: (marks: Marks) =>
      rows(sql`select no, pipeline, stage, created_at, fields from cards where id in ${ofHisCards(marks)} order by no`),
    scans: (marks: Marks) => rows(sql`select name, document, type, size, added_at ${scans(marks)} order by added_at`),

    /** Resolves to how many scans and recordings went. */
    forget: async (marks: Marks, instead: string): Promise<{ readonly scans: number; readonly recordings: number }> => {
      const { phones, words } = marks
      const gone = await rows(sql`delete ${scans(marks)} returning id`)
      const talks = await rows(sql`delete from phone_recordings
        where call in (select id from phone_calls where ${ofHisCalls(marks)}) returning call`)
      await sql`update phone_calls set recording = 'none', record_url = null where ${ofHisCalls(marks)}`.execute(db)
      await sql`update inbox_items set text = ${instead}, files = '[]',
          by_name = case direction when 'in' then ${instead} else by_name end
        where conversation in (select id from inbox_conversations where ${conversations(marks)})`.execute(db)
      await sql`update inbox_conversations set name = ${instead}, last_text = ${instead}, subject = null,
          outside_id = id::text
        where ${conversations(marks)}`.execute(db)
      await sql`delete from messages where address = any(${phones}::text[])`.execute(db)
      await sql`delete from driver_codes where phone = any(${phones}::text[])`.execute(db)
      await sql`delete from driver_sessions where driver_id = ${marks.id}`.execute(db)
      await sql`delete from process_records where entity = 'driver' and id = ${marks.id}`.execute(db)
      await replaceTyped(marks, instead)
      const sought = [...new Set([...words, ...phones])]
      for (const place of sought.length === 0 ? [] : PLACES) await replace(place, sought, instead)
      return { scans: gone.length, recordings: talks.length }
    },
  }
}
