import type { Db } from '../../postgres/postgres-client.ts'

type View = {
  readonly id: string
  readonly pipeline: string
  readonly title: string
  readonly query: Record<string, string>
}
export type ViewStore = ReturnType<typeof createViewStore>

/** Table `process_views`: each belongs to one account. */
export function createViewStore(db: Db) {
  return {
    of: (account: string): Promise<View[]> =>
      db
        .selectFrom('processViews')
        .select(['id', 'pipeline', 'title', 'query'])
        .where('account', '=', account)
        .orderBy('title')
        .execute(),
    add: async (account: string, view: View): Promise<void> => {
      await db
        .insertInto('processViews')
        .values({ ...view, account, query: JSON.stringify(view.query) })
        .execute()
    },
    remove: async (account: string, id: string): Promise<void> => {
      await db.deleteFrom('processViews').where('account', '=', account).where('id', '=', id).execute()
    },
  }
}
