import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { BoardStore } from '../board-store.ts'
import type { Machine } from '../engine/machine.ts'
import type { ProcessService } from '../process-service.ts'
import { askedBy } from './card-view.ts'
import { type Sight, type Sights, wordOf } from './sight.ts'

type Change = Readonly<Record<string, unknown>>
type Deps = {
  readonly sights: Sights
  readonly processes: Pick<ProcessService, 'machineOf'>
  readonly boards: Pick<BoardStore, 'log' | 'brief' | 'inSight'>
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Pure. What a task and its outcome are called, of a template or of a step of a process. */
export function taskWords(
  machine: Machine,
  template: string,
  outcome: string,
): { title?: string; outcomeTitle?: string } {
  const found = machine.template(template)
  const [process = ''] = template.split('.')
  const title = found?.title ?? machine.definitions.processes.get(process)?.title
  const kinds = found === undefined ? (['ask', 'acknowledge', 'take'] as const) : (['task'] as const)
  const chosen = kinds
    .flatMap((kind) => askedBy(machine, { kind, template }).outcomes)
    .find(({ id }) => id === outcome)?.title
  return {
    ...(title === undefined ? {} : { title }),
    ...(chosen === undefined ? {} : { outcomeTitle: chosen }),
  }
}

/** Pure. One change as the caller may see it; undefined when he may not see that there was one. */
export function seenChange(machine: Machine, sight: Sight, kind: string, change: Change): Change | undefined {
  if (kind === 'done' || kind === 'task' || kind === 'cancelled')
    return { ...change, ...taskWords(machine, text(change['template']), text(change['outcome'])) }
  if (kind !== 'set') return change
  const path = text(change['path'])
  const [entity = '', field = ''] = path.split('.')
  const right = wordOf(machine, sight, entity, path)
  if (right === 'hidden') return undefined
  if (right !== 'masked') return change
  const masked = (value: unknown) => sight.rights.shown(entity, field, value === null ? null : String(value))
  return { ...change, from: masked(change['from']), to: masked(change['to']) }
}

type Row = Awaited<ReturnType<BoardStore['log']>>[number]
export type CardLog = ReturnType<typeof createCardLog>

/** Everything that has happened to a card, each value by the rights of whoever reads. */
export function createCardLog({ sights, processes, boards }: Deps) {
  /** How this caller sees lines of this card's log; undefined: he may not see that there was one. Faults: card/unknown. */
  const seen = async (caller: Caller, id: string): Promise<(row: Row) => Row | undefined> => {
    const brief = await boards.brief(id)
    const sight = await sights.sightOf(caller)
    const isSeen =
      brief !== undefined &&
      (await boards.inSight(id, caller.parks)) &&
      sight.rights.stage(brief.pipeline, brief.stage) !== 'hidden'
    if (!isSeen) throw new Fault('card/unknown')
    const machine = await processes.machineOf(brief.definition)
    return (row) => {
      const change = seenChange(machine, sight, row.kind, row.change)
      return change && { ...row, change: { ...change } }
    }
  }
  return {
    seen,
    /** Oldest first. Faults: card/unknown. */
    log: async (caller: Caller, id: string, after: number, limit: number) => {
      const shown = await seen(caller, id)
      const rows = await boards.log(id, after, limit)
      return {
        items: rows.flatMap((row) => shown(row) ?? []),
        nextCursor: rows.length < limit ? null : String(rows.at(-1)?.id ?? 0),
      }
    },
  }
}
