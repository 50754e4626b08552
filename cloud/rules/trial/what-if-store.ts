import type { Db } from '../../postgres/postgres-client.ts'
import type { WhatIfRow } from '../../postgres/rule-tables.ts'

export type WhatIfStore = ReturnType<typeof createWhatIfStore>

/** Trials of other numbers and other rules, with their progress and result. */
export function createWhatIfStore(db: Db) {
  return {
    add: ({ wish, result, ...row }: WhatIfRow) =>
      db
        .insertInto('whatIfs')
        .values({ ...row, wish: JSON.stringify(wish), result: result === null ? null : JSON.stringify(result) })
        .execute(),
    find: (id: string): Promise<WhatIfRow | undefined> =>
      db.selectFrom('whatIfs').selectAll().where('id', '=', id).executeTakeFirst(),
    /** False when it has been called off meanwhile. */
    progress: async (id: string, doneShare: number): Promise<boolean> => {
      const change = db.updateTable('whatIfs').set({ state: 'running', doneShare }).where('id', '=', id)
      return (await change.where('state', '<>', 'cancelled').returning('id').executeTakeFirst()) !== undefined
    },
    cancel: (id: string) =>
      db
        .updateTable('whatIfs')
        .set({ state: 'cancelled' })
        .where('id', '=', id)
        .where('state', 'in', ['waiting', 'running'])
        .execute(),
    finish: (id: string, result: WhatIfRow['result'], error: string | null) =>
      db
        .updateTable('whatIfs')
        .set({ state: error === null ? 'done' : 'failed', doneShare: 1, result: JSON.stringify(result), error })
        .where('id', '=', id)
        .where('state', '<>', 'cancelled')
        .execute(),
  }
}
