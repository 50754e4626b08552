import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { sql } from 'kysely'
import type { Db } from '../../postgres/postgres-client.ts'
import { readTemplate, type Template } from './template.ts'

export type NewFile = {
  readonly id: string
  readonly card: string | undefined
  readonly document: string | undefined
  readonly name: string
  readonly type: string
  readonly bytes: Uint8Array
  readonly by: string
  readonly at: number
  readonly clientKey: string | undefined
  /** Of a file that is there before its card: the phone number that the card will have. */
  readonly waitsFor?: string
}
export type FileStore = ReturnType<typeof createFileStore>
const COLUMNS = ['id', 'card', 'document', 'name', 'type', 'size', 'sha256', 'addedAt', 'addedBy'] as const

/** Table `process_files`: photos, scans and made documents, private to whoever may see the card. */
export function createFileStore(db: Db) {
  return {
    /** The same client key again answers the file that is there. */
    add: async (file: NewFile): Promise<string> => {
      const row = await db
        .insertInto('processFiles')
        .values({
          id: file.id,
          card: file.card ?? null,
          document: file.document ?? null,
          name: file.name,
          type: file.type,
          size: file.bytes.length,
          sha256: createHash('sha256').update(file.bytes).digest('hex'),
          bytes: file.bytes,
          addedAt: file.at,
          addedBy: file.by,
          clientKey: file.clientKey ?? null,
          waitsFor: file.waitsFor ?? null,
        })
        .onConflict((conflict) => conflict.column('clientKey').doNothing())
        .returning('id')
        .executeTakeFirst()
      if (row !== undefined) return row.id
      const known = await db
        .selectFrom('processFiles')
        .select('id')
        .where('clientKey', '=', file.clientKey ?? '')
        .executeTakeFirstOrThrow()
      return known.id
    },
    /** How many wait for a card of this number. */
    waitingFor: async (phone: string): Promise<number> => {
      const { count } = await db
        .selectFrom('processFiles')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('waitsFor', '=', phone)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
    /** Gives files that wait to the newest open card of their number; answers how many. */
    place: async (): Promise<number> => {
      const { rows } = await sql<{ id: string }>`update process_files f set card = c.id, waits_for = null
        from (select distinct on (w.waits_for) w.waits_for, k.id
            from (select distinct waits_for from process_files where waits_for is not null) w
              join cards k on k.fields ->> 'phone' = w.waits_for and k.closed_at is null
            order by w.waits_for, k.created_at desc) c
        where f.waits_for = c.waits_for returning f.id`.execute(db)
      return rows.length
    },
    /** Files that nobody's card has taken by then. */
    forget: async (before: number): Promise<void> => {
      await db.deleteFrom('processFiles').where('waitsFor', 'is not', null).where('addedAt', '<', before).execute()
    },
    /** Ids of what is to be sent with a letter: `doc:…` is the newest PDF of that document. Absent: it is not there. */
    attached: async (card: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> => {
      if (names.length === 0) return new Map()
      const rows = await db
        .selectFrom('processFiles')
        .select(['id', 'document', 'type'])
        .where('card', '=', card)
        .orderBy('addedAt', 'desc')
        .execute()
      return new Map(
        names.flatMap((name): [string, string][] => {
          const found = rows.find(({ id, document, type }) =>
            name.startsWith('doc:') ? `doc:${document}` === name && type === 'application/pdf' : id === name,
          )
          return found === undefined ? [] : [[name, found.id]]
        }),
      )
    },
    contents: async (ids: readonly string[]) =>
      ids.length === 0
        ? []
        : db
            .selectFrom('processFiles')
            .select(['name', 'type', 'bytes'])
            .where('id', 'in', [...ids])
            .orderBy('addedAt')
            .execute(),
    of: (card: string) =>
      db.selectFrom('processFiles').select(COLUMNS).where('card', '=', card).orderBy('addedAt').execute(),
    find: (id: string) =>
      db
        .selectFrom('processFiles')
        .select([...COLUMNS, 'bytes'])
        .where('id', '=', id)
        .executeTakeFirst(),
    /** A Word template that the company has put in place of ours. */
    ownTemplate: async (name: string): Promise<Uint8Array | undefined> => {
      const row = await db
        .selectFrom('processFiles')
        .select('bytes')
        .where('document', '=', `template:${name}`)
        .orderBy('addedAt', 'desc')
        .executeTakeFirst()
      return row?.bytes
    },
  }
}

/** The templates that come with the house: `contract-ip.docx` of a definition is `contract-ip.yaml` here. */
export function shippedTemplate(name: string): Template | undefined {
  if (!/^[a-z0-9-]+\.docx$/.test(name)) return undefined
  try {
    return readTemplate(readFileSync(new URL(`./templates/${name.replace(/docx$/, 'yaml')}`, import.meta.url), 'utf8'))
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw cause
  }
}
