import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
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
