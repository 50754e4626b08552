import { type SqlBool, sql } from 'kysely'
import type { ParksInSight } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import { cardInParks } from '../card-parks.ts'
import { taskOf } from './task-row.ts'

export type TaskFilter = {
  /** `role:x`, `group:x`, `person:id`: any of these. */
  readonly assignees?: readonly string[] | undefined
  readonly templates?: readonly string[] | undefined
  readonly openBy?: number | undefined
  readonly card?: string | undefined
  readonly not?: readonly string[] | undefined
  /** Only of cards whose vehicles and drivers are of these parks, as on the boards. */
  readonly parks?: ParksInSight | undefined
}

export type TaskStore = ReturnType<typeof createTaskStore>

/** Open tasks as people see them: mine, my roles', a workplace's. */
export function createTaskStore(db: Db) {
  const chosen = (filter: TaskFilter) => {
    let tasks = db
      .selectFrom('cardTasks')
      .innerJoin('cards', 'cards.id', 'cardTasks.card')
      .where('cardTasks.state', '=', 'open')
    if (filter.assignees !== undefined)
      tasks =
        filter.assignees.length === 0
          ? tasks.where(sql<SqlBool>`false`)
          : tasks.where('cardTasks.assignee', 'in', [...filter.assignees])
    if (filter.templates !== undefined) tasks = tasks.where('cardTasks.template', 'in', [...filter.templates])
    if (filter.parks !== undefined && filter.parks !== 'all')
      tasks = tasks.where(cardInParks(sql, filter.parks, 'cards.id'))
    if (filter.openBy !== undefined) tasks = tasks.where('cardTasks.openFrom', '<=', filter.openBy)
    if (filter.card !== undefined) tasks = tasks.where('cardTasks.card', '=', filter.card)
    if (filter.not !== undefined && filter.not.length > 0)
      tasks = tasks.where('cardTasks.id', 'not in', [...filter.not])
    return tasks
  }
  return {
    list: async (filter: TaskFilter, limit: number) => {
      const rows = await chosen(filter)
        .selectAll('cardTasks')
        .select([
          'cards.no as cardNo',
          'cards.pipeline',
          'cards.entity',
          'cards.subject',
          'cards.responsible',
          'cards.fields as cardFields',
          'cards.definition',
          'cards.stage',
        ])
        .orderBy('cardTasks.priority', 'desc')
        .orderBy('cardTasks.dueAt')
        .orderBy('cardTasks.id')
        .limit(limit)
        .execute()
      return rows.map((row) => ({
        task: taskOf(row),
        takenBy: row.takenBy,
        card: {
          id: row.card,
          no: row.cardNo,
          pipeline: row.pipeline,
          entity: row.entity,
          subject: row.subject,
          responsible: row.responsible,
          stored: row.cardFields,
          definition: row.definition,
          stage: row.stage,
        },
      }))
    },
    count: async (filter: TaskFilter): Promise<number> => {
      const { count } = await chosen(filter)
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      return count
    },
    /** How many wait, by kind; how many of them are late. */
    waiting: async (filter: TaskFilter, now: number) => {
      const rows = await chosen(filter)
        .select('cardTasks.template')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .select(sql<number>`count(*) filter (where card_tasks.due_at < ${now})`.as('late'))
        .groupBy('cardTasks.template')
        .orderBy('count', 'desc')
        .execute()
      return rows.map(({ template, count, late }) => ({ template, count: Number(count), late: Number(late) }))
    },
    find: async (id: string) => {
      const row = await db.selectFrom('cardTasks').selectAll().where('id', '=', id).executeTakeFirst()
      return row && { task: taskOf(row), card: row.card, clientKey: row.clientKey, takenBy: row.takenBy }
    },
    /** One task is given to one person: false when somebody else has it. */
    take: async (id: string, account: string, now: number, staleBefore: number): Promise<boolean> => {
      const row = await db
        .updateTable('cardTasks')
        .set({ takenBy: account, takenAt: now })
        .where('id', '=', id)
        .where('state', '=', 'open')
        .where(({ or, eb }) =>
          or([eb('takenBy', 'is', null), eb('takenBy', '=', account), eb('takenAt', '<', staleBefore)]),
        )
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
    givenTo: async (account: string, since: number) => {
      const rows = await db
        .selectFrom('cardTasks')
        .select('id')
        .where('takenBy', '=', account)
        .where('takenAt', '>=', since)
        .where('state', '=', 'open')
        .execute()
      return rows.map(({ id }) => id)
    },
    /** Takes that others hold at this moment. */
    heldByOthers: async (account: string, since: number): Promise<readonly string[]> => {
      const rows = await db
        .selectFrom('cardTasks')
        .select('id')
        .where('state', '=', 'open')
        .where('takenBy', 'is not', null)
        .where('takenBy', '!=', account)
        .where('takenAt', '>=', since)
        .execute()
      return rows.map(({ id }) => id)
    },
    skip: (account: string, task: string, at: number, reason: string) =>
      db.insertInto('processSkips').values({ account, task, at, reason }).execute(),
    release: (task: string) =>
      db.updateTable('cardTasks').set({ takenBy: null, takenAt: null }).where('id', '=', task).execute(),
    skipped: async (account: string, since: number) => {
      const rows = await db
        .selectFrom('processSkips')
        .select('task')
        .where('account', '=', account)
        .where('at', '>=', since)
        .execute()
      return rows.map(({ task }) => task)
    },
    doneToday: async (account: string, since: number): Promise<number> => {
      const { count } = await db
        .selectFrom('cardTasks')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('closedBy', '=', `person:${account}`)
        .where('closedAt', '>=', since)
        .executeTakeFirstOrThrow()
      return count
    },
    rolesOf: async (account: string): Promise<readonly string[]> => {
      const rows = await db
        .selectFrom('processPeople')
        .select('role')
        .where('account', '=', account)
        .orderBy('role')
        .execute()
      return rows.map(({ role }) => role)
    },
    giveRoles: async (account: string, roles: readonly string[]): Promise<void> => {
      await db.deleteFrom('processPeople').where('account', '=', account).execute()
      if (roles.length > 0)
        await db
          .insertInto('processPeople')
          .values(roles.map((role) => ({ account, role })))
          .execute()
    },
  }
}
