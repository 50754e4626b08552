import { fieldView, type TaskView } from '../desk/card-view.ts'
import type { Machine } from '../engine/machine.ts'
import type { Action } from '../notation/action.ts'
import type { Outcome } from '../notation/task.ts'

type Template = Pick<TaskView, 'title' | 'help' | 'form' | 'outcomes'>
export type OfflinePack = {
  /** `template.outcome` → the template of the task that comes next. */
  readonly follows: Readonly<Record<string, string>>
  readonly templates: Readonly<Record<string, Template>>
}

/**
 * Pure. What a phone has to know to go on without a network: which task follows which outcome, and what each asks for.
 * Only tasks that the files call `offline` are among them.
 */
export function offlinePack(machine: Machine): OfflinePack {
  const offline = [...machine.definitions.tasks.values()].filter((template) => template.offline)
  const isOffline = (name: string): boolean => offline.some(({ id }) => id === name)
  const next = (actions: readonly Action[]): string | undefined =>
    actions.flatMap((action) => (action.kind === 'task' && isOffline(action.use.name) ? [action.use.name] : []))[0]
  return {
    follows: Object.fromEntries(
      offline.flatMap(({ id, outcomes }) =>
        outcomes.flatMap((outcome) => {
          const follower = next(outcome.do)
          return follower === undefined ? [] : [[`${id}.${outcome.id}`, follower]]
        }),
      ),
    ),
    templates: Object.fromEntries(
      offline.map((template): [string, Template] => {
        const { id, title, help } = template
        const outcomes = template.outcomes.map(outcomeView)
        const needed = [...new Set([...template.form.map(({ name }) => name), ...outcomes.flatMap(({ need }) => need)])]
        return [
          id,
          {
            title,
            help: help ?? null,
            outcomes,
            form: needed.map((path) => fieldView(machine, { entity: 'deal', fields: {} }, path, 'write', true)),
          },
        ]
      }),
    ),
  }
}

const outcomeView = ({ id, title, need, ask }: Outcome): TaskView['outcomes'][number] => ({
  id,
  title,
  need: need.map(({ name }) => name),
  ask: [...ask].map(([name, { of, list }]) => ({ name, type: list ? `list<${of}>` : of })),
  comment: null,
})
