import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { SourceFile } from './notation/source.ts'

export type StoredDefinition = {
  readonly version: number
  readonly files: readonly SourceFile[]
  readonly note: string
  readonly loadedAt: EpochMs
  readonly loadedBy: string
  readonly activatedAt: EpochMs | null
}

export type DefinitionStore = ReturnType<typeof createDefinitionStore>

/** Tables `process_definitions`; and the standing cards that keep a version needed. */
export function createDefinitionStore(db: Db) {
  const columns = ['version', 'files', 'note', 'loadedAt', 'loadedBy', 'activatedAt'] as const
  return {
    add: async (files: readonly SourceFile[], note: string, by: string, now: EpochMs): Promise<number> => {
      const { version } = await db
        .insertInto('processDefinitions')
        .values(({ selectFrom, fn }) => ({
          version: selectFrom('processDefinitions').select(({ eb }) =>
            eb(fn.coalesce(fn.max('version'), eb.lit(0)), '+', eb.lit(1)).as('next'),
          ),
          files: JSON.stringify(files),
          note,
          loadedAt: now,
          loadedBy: by,
          activatedAt: null,
          activatedBy: null,
        }))
        .returning('version')
        .executeTakeFirstOrThrow()
      return version
    },
    find: (version: number): Promise<StoredDefinition | undefined> =>
      db.selectFrom('processDefinitions').select(columns).where('version', '=', version).executeTakeFirst(),
    /** The version that new cards are born on. */
    active: (): Promise<{ readonly version: number } | undefined> =>
      db
        .selectFrom('processDefinitions')
        .select('version')
        .where('activatedAt', 'is not', null)
        .orderBy('activatedAt', 'desc')
        .orderBy('version', 'desc')
        .executeTakeFirst(),
    list: () =>
      db
        .selectFrom('processDefinitions')
        .select(['version', 'note', 'loadedAt', 'loadedBy', 'activatedAt', 'activatedBy'])
        .orderBy('version', 'desc')
        .limit(100)
        .execute(),
    activate: (version: number, by: string, now: EpochMs) =>
      db
        .updateTable('processDefinitions')
        .set({ activatedAt: now, activatedBy: by })
        .where('version', '=', version)
        .execute(),
    /** Open cards by version, pipeline and stage. */
    standing: () =>
      db
        .selectFrom('cards')
        .select(['definition', 'pipeline', 'stage'])
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('closedAt', 'is', null)
        .groupBy(['definition', 'pipeline', 'stage'])
        .execute(),
    /** Moves open cards of a stage to a version, to `stage` there; answers their ids. */
    carry: async (
      from: { readonly pipeline: string; readonly stage: string },
      to: { readonly stage: string; readonly version: number },
    ) => {
      const rows = await db
        .updateTable('cards')
        .set(({ eb }) => ({ definition: to.version, stage: to.stage, version: eb('version', '+', 1) }))
        .where('pipeline', '=', from.pipeline)
        .where('stage', '=', from.stage)
        .where('closedAt', 'is', null)
        .where('definition', '!=', to.version)
        .returning(['id', 'version'])
        .execute()
      return rows
    },
  }
}
