import { MOSCOW_MS, midnight } from '../../calendar/moscow-day.ts'
import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { BoardStore, CardFilter } from '../board-store.ts'
import { isOpen } from '../engine/calendar.ts'
import type { Actor } from '../engine/card.ts'
import { type Machine, STUCK } from '../engine/machine.ts'
import type { ProcessService } from '../process-service.ts'
import { factsFrom } from '../stored-facts.ts'
import { askedBy, cardItem, type FieldView, fieldView, taskView } from './card-view.ts'
import { type FieldWord, fieldWord, type May, type Rights, rolesPlayed } from './may.ts'
import type { TaskFilter, TaskStore } from './task-store.ts'

type Deps = Pick<World, 'clock'> & {
  readonly db: Db
  readonly processes: ProcessService
  readonly boardStore: (db: Db) => BoardStore
  readonly taskStore: (db: Db) => TaskStore
  readonly may: May
}
type Sight = { readonly roles: readonly string[]; readonly rights: Rights }
export type DeskService = ReturnType<typeof createDeskService>

/** A given task stays with a person for this long without a word from him. */
const GIVEN_MS = 30 * 60_000

/** What a person at his desk sees and does: boards, cards, tasks, the workplace; each field by his rights. */
export function createDeskService({ db, clock, processes, boardStore, taskStore, may }: Deps) {
  const boards = boardStore(db)
  const tasks = taskStore(db)

  const active = async (): Promise<Machine> => {
    const machine = await processes.active()
    if (machine === undefined) throw new Fault('definition/none')
    return machine
  }
  const rolesOf = async (caller: Caller): Promise<readonly string[]> =>
    rolesPlayed(caller, await tasks.rolesOf(caller.id))
  const actorOf = async (caller: Caller): Promise<Actor> => ({
    kind: 'person',
    id: caller.id,
    name: caller.name,
    roles: await rolesOf(caller),
  })
  const sightOf = async (caller: Caller): Promise<Sight> => ({
    roles: await rolesOf(caller),
    rights: await may(caller),
  })
  const word = (machine: Machine, { roles, rights }: Sight, entity: string, path: string): FieldWord => {
    const [first = '', second] = path.split('.')
    const [of, field] = second === undefined ? [entity, first] : [first, second]
    return fieldWord(machine.definitions, roles, of, field) === 'hidden' ? 'hidden' : rights.field(of, field)
  }
  /** The card as this caller may see it: hidden fields are not there, masked ones show their end. */
  const seen = (machine: Machine, sight: Sight, entity: string, fields: Facts): Facts =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([field, value]): [string, Fact][] => {
        const right = word(machine, sight, entity, field)
        if (right === 'hidden') return []
        if (right !== 'masked') return [[field, value]]
        const shown = sight.rights.shown(entity, field, value === undefined || value === null ? null : String(value))
        return shown === null ? [] : [[field, shown]]
      }),
    )
  const viewWord = (machine: Machine, sight: Sight, entity: string) => (path: string) => {
    const right = word(machine, sight, entity, path)
    return isWritable(right, entity, path, 'card') ? ('write' as const) : right === 'masked' ? ('read' as const) : right
  }

  /** Refuses fields that this caller may not write. */
  const checkWrites = (machine: Machine, sight: Sight, entity: string, set: Facts, work: 'card' | 'look'): void => {
    const closed = Object.keys(set).filter(
      (path) => !isWritable(word(machine, sight, entity, path), entity, path, work),
    )
    if (closed.length > 0) throw new Fault('card/field-closed', `Эти поля вам не открыты: ${closed.join(', ')}`)
    const unknown = Object.keys(set).filter((path) => {
      const [first = '', second] = path.split('.')
      const fields = machine.definitions.entities.get(second === undefined ? entity : first)?.fields
      return fields?.has(second ?? first) !== true && !machine.definitions.entities.has(path)
    })
    if (unknown.length > 0) throw new Fault('request/invalid', `Таких полей нет: ${unknown.join(', ')}`)
  }

  const taskViews = async (caller: Caller, filter: TaskFilter, limit: number) => {
    const sight = await sightOf(caller)
    const found = await tasks.list(filter, limit)
    return Promise.all(
      found.map(async ({ task, card }) => {
        const machine = await processes.machineOf(card.definition)
        return taskView(
          machine,
          task,
          { ...card, fields: seen(machine, sight, card.entity, factsFrom(card.stored)) },
          viewWord(machine, sight, card.entity),
        )
      }),
    )
  }
  const assigneesOf = async (caller: Caller): Promise<readonly string[]> => {
    const machine = await active()
    const roles = await rolesOf(caller)
    const groups = [...machine.definitions.org.groups.values()].filter(({ of }) =>
      of.some(({ name }) => roles.includes(name)),
    )
    return [`person:${caller.id}`, ...roles.map((role) => `role:${role}`), ...groups.map(({ id }) => `group:${id}`)]
  }

  return {
    rolesOf,
    actorOf,

    pipelines: async (caller: Caller) => {
      const machine = await active()
      const sight = await sightOf(caller)
      return Promise.all(
        [...machine.definitions.pipelines.values()].map(async (pipeline) => {
          const counts = new Map((await boards.counts(pipeline.id)).map((row) => [row.stage, row]))
          return {
            id: pipeline.id,
            title: pipeline.title,
            case: pipeline.case ?? null,
            card: pipeline.card.name,
            moves: pipeline.moves,
            views: [...pipeline.views],
            start: pipeline.start.name,
            focus:
              pipeline.focus === undefined
                ? null
                : {
                    metric: pipeline.focus.metric,
                    title: pipeline.focus.title,
                    from: pipeline.focus.from?.name ?? null,
                    to: pipeline.focus.to?.name ?? null,
                  },
            stages: pipeline.stages
              .filter(({ id }) => sight.rights.stage(pipeline.id, id) !== 'hidden')
              .map((stage) => {
                const row = counts.get(stage.id)
                const count = row?.count ?? 0
                const band =
                  stage.band === undefined ? null : { low: stage.band.low ?? null, high: stage.band.high ?? null }
                const turn =
                  band?.low != null && count < band.low
                    ? ('low' as const)
                    : band?.high != null && count > band.high
                      ? ('high' as const)
                      : null
                return {
                  id: stage.id,
                  title: stage.title,
                  help: stage.help ?? null,
                  type: stage.type,
                  colour: pipeline.colours.get(stage.id) ?? null,
                  next: stage.next.map(({ name }) => name),
                  needIn: stage.needIn.map(({ name }) => name),
                  count,
                  total: row?.total ?? 0,
                  oldestEnteredAt: row?.oldest ?? null,
                  band,
                  turn,
                }
              }),
          }
        }),
      )
    },

    cards: async (caller: Caller, filter: CardFilter, page: Parameters<BoardStore['list']>[1]) => {
      const machine = await active()
      const sight = await sightOf(caller)
      const found = await boards.list({ ...filter, parks: caller.parks }, page)
      const nearest =
        filter.pipeline === undefined
          ? new Map<string, { readonly dueAt: number; readonly count: number }>()
          : await boards.nearestTasks(filter.pipeline)
      const entity = machine.pipeline(filter.pipeline ?? '')?.card.name ?? 'deal'
      return found
        .filter(({ pipeline, stage }) => sight.rights.stage(pipeline, stage) !== 'hidden')
        .map((brief) =>
          cardItem({ ...brief, fields: seen(machine, sight, entity, brief.fields) }, nearest.get(brief.id)),
        )
    },

    /** The whole card: what is known, what is asked next, where it may go, what is to be done. */
    card: async (caller: Caller, id: string) => {
      if (!(await boards.inSight(id, caller.parks))) throw new Fault('card/unknown')
      const actor = await actorOf(caller)
      const sight = await sightOf(caller)
      const { roles } = sight
      const { state, machine, ways, buttons } = await processes.waysOf(id, actor, roles)
      const { card } = state
      if (sight.rights.stage(card.pipeline, card.stage) === 'hidden') throw new Fault('card/unknown')
      const stage = machine.stage(card.pipeline, card.stage)
      const pipeline = machine.pipeline(card.pipeline)
      const work = sight.rights.stage(card.pipeline, card.stage) === 'write' ? ('card' as const) : ('look' as const)
      const nextFields = new Set([
        ...(stage?.needOut ?? []).map(({ name }) => name),
        ...ways.flatMap((way) => (machine.stage(card.pipeline, way.stage)?.needIn ?? []).map(({ name }) => name)),
        ...state.tasks.flatMap((task) => askedBy(machine, task).form),
        ...state.tasks.flatMap((task) => askedBy(machine, task).outcomes.flatMap(({ need }) => need)),
      ])
      const fields = seen(machine, sight, card.entity, card.fields)
      const own = [...(machine.definitions.entities.get(card.entity)?.fields.keys() ?? [])]
      const shownFields = [...new Set([...nextFields, ...own.filter((field) => card.fields[field] !== undefined)])]
      const form = shownFields.flatMap((path): readonly FieldView[] => {
        const right = word(machine, sight, card.entity, path)
        return right === 'hidden'
          ? []
          : [
              fieldView(
                machine,
                card.entity,
                path,
                fields,
                nextFields.has(path) && isWritable(right, card.entity, path, work) ? 'write' : 'read',
                nextFields.has(path),
              ),
            ]
      })
      const canStart = [...machine.definitions.processes.values()].filter(
        (process) =>
          process.card.name === card.entity &&
          process.case === pipeline?.case &&
          process.start?.who.some(({ name }) => roles.includes(name)) === true,
      )
      return {
        ...cardItem(
          {
            ...card,
            fields,
            closedAt: card.closedAt ?? null,
            responsible: card.responsible ?? null,
            parked: card.parked ?? null,
            subject: card.subject ?? null,
          },
          undefined,
        ),
        pipelineTitle: pipeline?.title ?? card.pipeline,
        stageTitle: stage?.title ?? card.stage,
        stageHelp: stage?.help ?? null,
        definition: card.definition,
        version: card.version,
        entity: card.entity,
        subject: card.subject ?? null,
        parent: card.parent ?? null,
        form,
        ways: ways.map(({ stage: to, title, why }) => ({ stage: to, title, why: [...why] })),
        buttons: [...buttons],
        processes: canStart.map((process) => ({
          id: process.id,
          title: process.title,
          form: (process.start?.form ?? []).map(({ name }) => name),
        })),
        running: state.runs
          .filter(({ state: is }) => is === 'running')
          .map((run) => ({
            id: run.id,
            process: run.process,
            title: machine.definitions.processes.get(run.process)?.title ?? run.process,
            step: run.step ?? null,
          })),
        timers: state.timers.filter(({ state: is }) => is === 'set').map(({ name, dueAt }) => ({ name, dueAt })),
        tasks: state.tasks
          .filter(({ state: is }) => is === 'open')
          .map((task) => taskView(machine, task, { ...card, fields }, viewWord(machine, sight, card.entity))),
      }
    },

    create: async (
      caller: Caller,
      wish: {
        readonly pipeline: string
        readonly stage?: string | undefined
        readonly fields: Facts
        readonly subject?: string | undefined
      },
    ) => {
      const machine = await active()
      const sight = await sightOf(caller)
      const pipeline = machine.pipeline(wish.pipeline)
      if (pipeline === undefined) throw new Fault('pipeline/unknown')
      if (sight.rights.stage(wish.pipeline, wish.stage ?? pipeline.start.name) !== 'write')
        throw new Fault('access/forbidden')
      checkWrites(machine, sight, machine.pipeline(wish.pipeline)?.card.name ?? '', wish.fields, 'card')
      return processes.birth({ ...wish, responsible: `person:${caller.id}` }, await actorOf(caller))
    },

    mayWrite,

    tasks: async (
      caller: Caller,
      {
        whose,
        card,
        limit,
      }: { readonly whose: 'mine' | 'all'; readonly card: string | undefined; readonly limit: number },
    ) => {
      const all = whose === 'all' && ['owner', 'head', 'auditor'].includes(caller.role)
      return taskViews(caller, { assignees: all ? undefined : await assigneesOf(caller), card }, limit)
    },
    task: async (caller: Caller, id: string) => {
      const found = await tasks.find(id)
      if (found === undefined) throw new Fault('task/unknown')
      if (!(await canClose(caller, found.task.assignee))) throw new Fault('task/unknown')
      return found
    },

    /** The first non-empty queue that is open now feeds the next task; inside it priority, then due time. One task, one person. */
    next: async (caller: Caller) => {
      const machine = await active()
      const now = clock.now()
      const sight = await sightOf(caller)
      const { roles } = sight
      const place = [...machine.definitions.org.workplaces.values()].find(({ who }) => roles.includes(who.name))
      if (place === undefined) throw new Fault('workplace/none')
      const day = midnight(now)
      const minute = Math.floor((now - day) / 60_000)
      const calendar = machine.calendar(place.calendar.name)
      const assignees = await assigneesOf(caller)
      const skipped = await tasks.skipped(caller.id, day)
      const held = await tasks.heldByOthers(caller.id, now - GIVEN_MS)
      const templates = [...new Set([...place.queues.flatMap((queue) => queue.tasks.map(({ name }) => name)), STUCK])]
      const figures = {
        title: place.title,
        role: place.who.name,
        left: await tasks.count({ assignees, templates, openBy: day + DAY_MS }),
        done: await tasks.doneToday(caller.id, day),
        skipsLeft: Math.max(0, (place.skip?.perDay ?? 0) - skipped.length),
        until: calendar === undefined ? null : day + calendar.to * 60_000,
        open: calendar === undefined || isOpen(calendar, now, machine.holidays),
      }
      const already = await tasks.givenTo(caller.id, now - GIVEN_MS)
      for (const queue of place.queues) {
        if (minute < queue.from || minute >= queue.to) continue
        const found = await tasks.list(
          { assignees, templates: queue.tasks.map(({ name }) => name), openBy: now, not: [...skipped, ...held] },
          20,
        )
        const ordered = [
          ...found.filter(({ task }) => already.includes(task.id)),
          ...found.filter(({ task }) => !already.includes(task.id)),
        ]
        for (const { task, card } of ordered)
          if (await tasks.take(task.id, caller.id, now, now - GIVEN_MS)) {
            const its = await processes.machineOf(card.definition)
            return {
              ...figures,
              task: taskView(
                its,
                task,
                { ...card, fields: seen(its, sight, card.entity, factsFrom(card.stored)) },
                viewWord(its, sight, card.entity),
              ),
              nextAt: null,
            }
          }
      }
      const [soonest] = (await tasks.list({ assignees, templates }, 200))
        .filter(({ task }) => task.openFrom > now)
        .sort((a, b) => a.task.openFrom - b.task.openFrom)
      return {
        ...figures,
        task: null,
        nextAt: soonest === undefined ? null : { at: soonest.task.openFrom, title: soonest.task.title },
      }
    },

    skip: async (caller: Caller, id: string, reason: string): Promise<void> => {
      const machine = await active()
      const roles = await rolesOf(caller)
      const place = [...machine.definitions.org.workplaces.values()].find(({ who }) => roles.includes(who.name))
      if (place === undefined) throw new Fault('workplace/none')
      const now = clock.now()
      if ((await tasks.skipped(caller.id, midnight(now))).length >= (place.skip?.perDay ?? 0))
        throw new Fault('workplace/no-more-skips')
      if ((await tasks.find(id)) === undefined) throw new Fault('task/unknown')
      await tasks.skip(caller.id, id, now, reason)
      await tasks.release(id)
    },

    /** Closes a task with an outcome. The same client key again answers as the first time. */
    close: async (
      caller: Caller,
      id: string,
      wish: {
        readonly outcome: string
        readonly set: Facts
        readonly answer: Facts
        readonly comment: string | undefined
        readonly clientKey: string | undefined
      },
    ) => {
      const found = await tasks.find(id)
      if (found === undefined || !(await canClose(caller, found.task.assignee))) throw new Fault('task/unknown')
      if (found.task.state === 'done' && wish.clientKey !== undefined && found.clientKey === wish.clientKey)
        return found.card
      if (found.task.kind === 'take' && found.task.state !== 'open')
        throw new Fault('task/taken', `Взял(а) ${await nameOf(found.task.closedBy)} в ${hour(found.task.closedAt)}`)
      await mayWrite(caller, found.card, wish.set, 'task')
      const event = {
        kind: 'outcome',
        task: id,
        outcome: wish.outcome,
        set: wish.set,
        answer: wish.answer,
        comment: wish.comment,
      } as const
      await processes.act(found.card, event, await actorOf(caller), { clientKey: wish.clientKey })
      return found.card
    },
  }

  /** `task`: whoever has the task may fill what it asks for, wherever its card stands. Faults: card/unknown, card/field-closed. */
  async function mayWrite(caller: Caller, id: string, set: Facts, through: 'card' | 'task' = 'card'): Promise<void> {
    const brief = await boards.brief(id)
    if (brief === undefined || !(await boards.inSight(id, caller.parks))) throw new Fault('card/unknown')
    const sight = await sightOf(caller)
    const right = sight.rights.stage(brief.pipeline, brief.stage)
    if (right === 'hidden' && through === 'card') throw new Fault('card/unknown')
    if (right === 'read' && through === 'card') throw new Fault('access/forbidden')
    const machine = await processes.machineOf(brief.definition)
    checkWrites(machine, sight, machine.pipeline(brief.pipeline)?.card.name ?? 'deal', set, 'card')
  }
  async function canClose(caller: Caller, assignee: string): Promise<boolean> {
    return ['owner', 'head'].includes(caller.role) || (await assigneesOf(caller)).includes(assignee)
  }
  async function nameOf(assignee: string | undefined): Promise<string> {
    const row = await db
      .selectFrom('accounts')
      .select('name')
      .where('id', '=', (assignee ?? '').replace('person:', ''))
      .executeTakeFirst()
      .catch(() => undefined)
    return row?.name ?? 'другой сотрудник'
  }
}

const DAY_MS = 86_400_000

/** The right to work on a card is one to fill its own fields, but those that are masked or hidden; others go by their own right. */
function isWritable(right: FieldWord, entity: string, path: string, work: 'card' | 'look'): boolean {
  const isOwn = !path.includes('.') || path.startsWith(`${entity}.`)
  return right === 'write' || (right === 'read' && isOwn && work === 'card')
}
const hour = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at + MOSCOW_MS).toISOString().slice(11, 16)
