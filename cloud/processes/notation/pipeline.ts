import { type Action, actions } from './action.ts'
import { type Duration, duration } from './duration.ts'
import type { Position } from './problem.ts'
import { type NamedRead, readBlock } from './read.ts'
import { flag, integer, list, map, may, must, type Named, name, oneOf, type Read, shape, THEN, text } from './reader.ts'
import { type Expr, expr } from './value.ts'

type At = { readonly pos: Position }
export type Guard = At & { readonly if: Expr; readonly say: string }
export type Limit = At & {
  readonly for: Duration | Expr
  readonly clock: Named
  /** What happens when it is over: `then` in the file. */
  readonly late: readonly Action[]
}
/** When a reaction runs. */
export type Trigger =
  | (At & { readonly kind: 'outside'; readonly names: readonly Named[] })
  | (At & { readonly kind: 'entered' })
  | (At & { readonly kind: 'before' | 'after'; readonly time: Expr; readonly by: Duration })
  | (At & { readonly kind: 'changed'; readonly paths: readonly Named[] })
  | (At & { readonly kind: 'done'; readonly task: Named; readonly outcome: Named | undefined })
  | (At & { readonly kind: 'ended'; readonly process: Named })
  | (At & { readonly kind: 'button'; readonly id: Named })
export type Reaction = At & {
  readonly event: Trigger
  readonly title: string | undefined
  readonly who: readonly Named[]
  readonly if: Expr | undefined
  readonly deliver: 'oldest' | undefined
  readonly do: readonly Action[]
}
export type Stage = At & {
  readonly id: string
  readonly title: string
  readonly help: string | undefined
  readonly type: 'open' | 'won' | 'lost'
  readonly needIn: readonly Named[]
  readonly needOut: readonly Named[]
  readonly guardIn: readonly Guard[]
  readonly guardOut: readonly Guard[]
  /** What the client reads of it on his page; undefined: he sees no card that stands here. */
  readonly forClient: string | undefined
  /** The sum that he is asked to agree to here. */
  readonly asksClient: Named | undefined
  readonly limit: Limit | undefined
  readonly enter: readonly Action[]
  readonly leave: readonly Action[]
  readonly when: readonly Reaction[]
  readonly read: readonly NamedRead[]
  readonly next: readonly Named[]
  readonly band: { readonly low: number | undefined; readonly high: number | undefined } | undefined
  /** The number of policy that says how many cards are to come here in a week. */
  readonly weekPlan: Named | undefined
}
export type Focus = {
  readonly metric: 'conversion' | 'lead_time' | 'count'
  readonly from: Named | undefined
  readonly to: Named | undefined
  readonly title: string
}
export type Pipeline = At & {
  readonly id: string
  readonly title: string
  readonly case: string | undefined
  readonly folder: string | undefined
  readonly card: Named
  readonly moves: 'free' | 'guarded' | 'auto_only'
  readonly start: Named
  readonly noCardWithoutTask: boolean
  readonly focus: Focus | undefined
  readonly views: readonly ('kanban' | 'list')[]
  readonly colours: ReadonlyMap<string, string>
  readonly stages: readonly Stage[]
}

const path = name('поле')
const guard: Read<Guard> = (node, report) => {
  const read = shape({ if: must(expr('if')), say: may(text('say')) }, 'условие')(node, report)
  if (read === undefined) return undefined
  if (read.say === undefined)
    report(node.at, 7, 'У условия нет фразы say', 'Напишите, что увидит человек, когда условие не выполнено')
  return { ...read, say: read.say ?? 'Условие не выполнено' }
}

const limitFor: Read<Duration | Expr> = (node, report) =>
  node.kind === 'map' ? expr('for')(node, report) : duration('for')(node, report)
const limit: Read<Limit> = (node, report) => {
  const read = shape({ for: must(limitFor), clock: must(name('календарь')), [THEN]: must(actions) }, 'limit')(
    node,
    report,
  )
  return read && { pos: read.pos, for: read.for, clock: read.clock, late: read.then }
}

const TRIGGERS = 'имя события, entered, {before|after, by}, {changed}, {done, outcome}, {ended}, {button}'
export const trigger: Read<Trigger> = (node, report) => {
  const pos = node.at
  if (node.kind === 'scalar' && node.value === 'entered') return { kind: 'entered', pos }
  if (node.kind !== 'map') {
    const names = list(name('событие'))(node, report)
    return names && { kind: 'outside', names, pos }
  }
  const has = (key: string) => node.entries.some((entry) => entry.key === key)
  const timed = (kind: 'before' | 'after'): Trigger | undefined => {
    const read = shape({ [kind]: must(expr(kind)), by: must(duration('by')) }, 'событие')(node, report)
    const time = read?.[kind]
    return read !== undefined && time !== undefined && 'cel' in time
      ? { kind, pos, time, by: durationOf(read.by) }
      : undefined
  }
  if (has('before')) return timed('before')
  if (has('after')) return timed('after')
  if (has('changed')) {
    const read = shape({ changed: must(list(path)) }, 'событие changed')(node, report)
    return read && { kind: 'changed', pos, paths: read.changed }
  }
  if (has('done')) {
    const read = shape({ done: must(name('задача')), outcome: may(name('результат')) }, 'событие done')(node, report)
    return read && { kind: 'done', pos, task: read.done, outcome: read.outcome }
  }
  if (has('ended')) {
    const read = shape({ ended: must(name('процесс')) }, 'событие ended')(node, report)
    return read && { kind: 'ended', pos, process: read.ended }
  }
  if (has('button')) {
    const read = shape({ button: must(name('кнопка')) }, 'событие button')(node, report)
    return read && { kind: 'button', pos, id: read.button }
  }
  report(pos, 10, 'Неизвестное событие', `События: ${TRIGGERS}`)
  return undefined
}
const durationOf = (by: unknown): Duration =>
  typeof by === 'object' && by !== null && 'ms' in by && 'months' in by && 'text' in by
    ? { ms: Number(by.ms), months: Number(by.months), text: String(by.text) }
    : { ms: 0, months: 0, text: '' }

const reaction: Read<Reaction> = (node, report) => {
  const read = shape(
    {
      event: must(trigger),
      title: may(text('title')),
      who: may(list(name('роль'))),
      if: may(expr('if')),
      deliver: may(oneOf(['oldest'], 'deliver')),
      do: must(actions),
    },
    'реакция when',
  )(node, report)
  if (read?.event.kind === 'button' && (read.title === undefined || read.who === undefined))
    report(node.at, 10, 'У кнопки нужны title и who', 'Напишите подпись кнопки и роли, которые её видят')
  return read && { ...read, who: read.who ?? [] }
}

const stageShape = shape(
  {
    id: must(text('id')),
    title: must(text('title')),
    help: may(text('help')),
    for_client: may(text('for_client')),
    asks_client: may(path),
    named_in_case: may(flag('named_in_case')),
    type: may(oneOf(['open', 'won', 'lost'], 'type')),
    need_in: may(list(path)),
    need_out: may(list(path)),
    guard_in: may(list(guard)),
    guard_out: may(list(guard)),
    limit: may(limit),
    enter: may(actions),
    leave: may(actions),
    when: may(list(reaction)),
    read: may(readBlock),
    next: may(list(name('этап'))),
    band: may(shape({ low: may(integer('low')), high: may(integer('high')) }, 'band')),
    week_plan: may(name('число политики')),
  },
  'этап',
)
const stage: Read<Stage> = (node, report) => {
  const read = stageShape(node, report)
  if (read === undefined) return undefined
  const {
    need_in,
    need_out,
    guard_in,
    guard_out,
    for_client,
    asks_client,
    named_in_case: _named,
    week_plan: weekPlan,
    ...rest
  } = read
  return {
    ...rest,
    type: read.type ?? 'open',
    needIn: need_in ?? [],
    needOut: need_out ?? [],
    guardIn: guard_in ?? [],
    guardOut: guard_out ?? [],
    forClient: for_client,
    asksClient: asks_client,
    enter: read.enter ?? [],
    leave: read.leave ?? [],
    when: read.when ?? [],
    read: read.read ?? [],
    next: read.next ?? [],
    weekPlan,
  }
}

const focus = shape(
  {
    metric: must(oneOf(['conversion', 'lead_time', 'count'], 'metric')),
    from: may(name('этап')),
    to: may(name('этап')),
    title: must(text('title')),
  },
  'focus',
)
const pipelineShape = shape(
  {
    kind: must(text('kind')),
    id: must(text('id')),
    title: must(text('title')),
    case: may(text('case')),
    folder: may(text('folder')),
    card: must(name('карточка')),
    moves: must(oneOf(['free', 'guarded', 'auto_only'], 'moves')),
    start: must(name('этап')),
    no_card_without_task: may(flag('no_card_without_task')),
    focus: may(focus),
    views: may(list(oneOf(['kanban', 'list'], 'views'))),
    colours: may(map(text('цвет'), 'colours')),
    stages: must(list(stage)),
  },
  'воронка',
)
export const pipeline: Read<Pipeline> = (node, report) => {
  const read = pipelineShape(node, report)
  if (read === undefined) return undefined
  const { no_card_without_task, kind: _kind, colours, views, ...rest } = read
  return {
    ...rest,
    noCardWithoutTask: no_card_without_task ?? false,
    views: views ?? ['kanban', 'list'],
    colours: new Map((colours ?? []).map(({ name: id, value: colour }) => [id, colour])),
  }
}
