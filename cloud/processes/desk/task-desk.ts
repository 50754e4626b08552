import { MOSCOW_MS } from '../../calendar/moscow-day.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { ProcessService } from '../process-service.ts'
import { factsFrom } from '../stored-facts.ts'
import { askedBy, type TaskView, taskView } from './card-view.ts'
import type { LabelStore } from './label-store.ts'
import { type Records, shownCard } from './shown-card.ts'
import { type Sight, type Sights, viewWord } from './sight.ts'
import type { TaskFilter, TaskStore } from './task-store.ts'

type Deps = {
  readonly sights: Sights
  readonly processes: ProcessService
  readonly tasks: TaskStore
  readonly labels: LabelStore
  readonly records: Records
  readonly inSight: (card: string, caller: Caller) => Promise<boolean>
  readonly mayWrite: (caller: Caller, card: string, set: Facts, through: 'task') => Promise<void>
}
export type Listed = Awaited<ReturnType<TaskStore['list']>>[number]
type Wish = {
  readonly outcome: string
  readonly set: Facts
  readonly answer: Facts
  readonly comment: string | undefined
  readonly clientKey: string | undefined
}

/** Tasks as their people see them, and closing one by an outcome. */
export function createTaskDesk(deps: Deps) {
  const { sights, processes, tasks, labels } = deps

  const view = async (sight: Sight, { task, card }: Listed): Promise<TaskView> => {
    const machine = await processes.machineOf(card.definition)
    const asked = askedBy(machine, task)
    const paths = [...asked.form, ...asked.show, ...asked.outcomes.flatMap(({ need }) => need)]
    const bare = { ...card, fields: factsFrom(card.stored) }
    const shown = await shownCard(deps, machine, sight, bare, paths)
    return taskView(machine, task, { ...card, ...shown }, viewWord(machine, sight, card.entity))
  }
  /** A task out of sight, of another or of another park's card, is answered like one that is not there. */
  const find = async (caller: Caller, id: string) => {
    const found = await tasks.find(id)
    const isOwn = async (assignee: string) =>
      ['owner', 'head'].includes(caller.role) || (await sights.assigneesOf(caller)).includes(assignee)
    if (found === undefined || !(await isOwn(found.task.assignee)) || !(await deps.inSight(found.card, caller)))
      throw new Fault('task/unknown')
    return found
  }

  return {
    view,

    tasks: async (
      caller: Caller,
      {
        whose,
        card,
        limit,
      }: { readonly whose: 'mine' | 'all'; readonly card: string | undefined; readonly limit: number },
    ): Promise<readonly TaskView[]> => {
      const sight = await sights.sightOf(caller)
      const all = whose === 'all' && ['owner', 'head', 'auditor'].includes(caller.role)
      const filter: TaskFilter = {
        assignees: all ? undefined : await sights.assigneesOf(caller),
        card,
        parks: caller.parks,
      }
      return Promise.all((await tasks.list(filter, limit)).map((listed) => view(sight, listed)))
    },

    task: find,

    /** Closes a task with an outcome. The same client key again answers as the first time. */
    close: async (caller: Caller, id: string, wish: Wish): Promise<string> => {
      const found = await find(caller, id)
      if (found.task.state === 'done' && wish.clientKey !== undefined && found.clientKey === wish.clientKey)
        return found.card
      if (found.task.kind === 'take' && found.task.state !== 'open') {
        const by = (found.task.closedBy ?? '').replace('person:', '')
        const name = (await labels.people([by])).get(by) ?? 'другой сотрудник'
        throw new Fault('task/taken', `Взял(а) ${name} в ${hour(found.task.closedAt)}`)
      }
      await deps.mayWrite(caller, found.card, wish.set, 'task')
      const { outcome, set, answer, comment } = wish
      await processes.act(
        found.card,
        { kind: 'outcome', task: id, outcome, set, answer, comment },
        await sights.actorOf(caller),
        { clientKey: wish.clientKey },
      )
      return found.card
    },
  }
}

const hour = (at: number | undefined): string =>
  at === undefined ? '' : new Date(at + MOSCOW_MS).toISOString().slice(11, 16)
