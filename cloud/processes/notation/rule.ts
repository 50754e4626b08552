import { type Action, actions } from './action.ts'
import { type Duration, duration } from './duration.ts'
import { type Trigger, trigger } from './pipeline.ts'
import type { Position } from './problem.ts'
import { type NamedRead, readBlock } from './read.ts'
import { entryOf, flag, list, may, must, type Named, name, oneOf, type Read, shape, text } from './reader.ts'
import { type Expr, expr } from './value.ts'

export type RuleScope = {
  readonly pos: Position
  readonly pipeline: Named | undefined
  readonly stage: readonly Named[]
  readonly entity: Named | undefined
  readonly each: Named | undefined
  readonly where: Expr | undefined
}
/** A periodic sweep and/or an event → condition → actions. */
export type Rule = {
  readonly pos: Position
  readonly id: string
  readonly title: string
  readonly case: string | undefined
  readonly folder: string | undefined
  readonly event: Trigger | undefined
  readonly every: Duration | undefined
  readonly for: RuleScope | undefined
  readonly read: readonly NamedRead[]
  readonly if: Expr | undefined
  readonly unless: Expr | undefined
  /** While it is true, or nobody knows, a satisfied rule waits. */
  readonly notNow: Expr | undefined
  readonly fires: 'on_change' | 'each_time'
  readonly shadow: boolean
  readonly do: readonly Action[]
}

const scope: Read<RuleScope> = (node, report) => {
  const read = shape(
    {
      pipeline: may(name('воронка')),
      stage: may(list(name('этап'))),
      entity: may(name('карточка')),
      each: may(name('each')),
      where: may(expr('where')),
    },
    'for правила',
  )(node, report)
  if (read === undefined) return undefined
  if ((read.pipeline === undefined) === (read.entity === undefined))
    report(node.at, 2, 'for называет либо воронку, либо вид карточек', 'Оставьте pipeline или entity')
  return { ...read, stage: read.stage ?? [] }
}

export const rule: Read<Rule> = (node, report) => {
  const read = shape(
    {
      kind: must(text('kind')),
      id: must(text('id')),
      title: must(text('title')),
      case: may(text('case')),
      folder: may(text('folder')),
      event: may(trigger),
      every: may(duration('every')),
      for: may(scope),
      read: may(readBlock),
      if: may(expr('if')),
      unless: may(expr('unless')),
      not_now: may(expr('not_now')),
      fires: may(oneOf(['on_change', 'each_time'], 'fires')),
      shadow: may(flag('shadow')),
      do: must(actions),
    },
    'правило',
  )(node, report)
  if (read === undefined) return undefined
  if (read.event === undefined && read.every === undefined)
    report(node.at, 2, 'У правила нет ни event, ни every', 'Скажите, когда его проверять')
  const everyAt = node.kind === 'map' ? entryOf(node, 'every')?.keyAt : undefined
  if (read.every !== undefined && read.every.months === 0 && read.every.ms < 60_000)
    report(everyAt ?? node.at, 15, 'every чаще раза в минуту', 'Поставьте не меньше 1m')
  const { kind: _kind, not_now: notNow, ...rest } = read
  return {
    ...rest,
    notNow,
    read: read.read ?? [],
    shadow: read.shadow ?? false,
    fires: read.fires ?? (read.every === undefined ? 'each_time' : 'on_change'),
  }
}
