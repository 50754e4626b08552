import type { Fact, Facts } from '../../../../cloud/expressions/fact-type.ts'
import { shippedCases } from '../../../../cloud/processes/cases-store.ts'
import type { Actor, Wanted } from '../../../../cloud/processes/engine/card.ts'
import { createWorld, type Outcome, type World } from '../../../../cloud/processes/engine/world.ts'
import { readShippedRules } from '../../../../cloud/rules/rule-store.ts'
import { machineOf } from '../running-shop.ts'

/** Numbers of the rules that hold cars; in the house they are policies. */
const POLICY = `kind: policy
id: rule_policy
policy:
  ladder: {type: text, value: immediate, title: Лестница}
  minBalance: {type: money, value: 500000, min: -10000000, max: 10000000, title: Порог баланса}
  balanceMaxAge: {type: duration, value: 40m, title: Возраст баланса}
  workZone: {type: text, value: moscow_region, title: Рабочая зона}
  maxPostpones: {type: int, value: 2, title: Переносов}
  inspectionGraceKm: {type: int, value: 500, title: Запас км}
  inspectionGraceDays: {type: int, value: 3, title: Запас дней}
`
/** The files of the cases with the rules of the house around them: one source of rules, as in a running cloud. */
function files(): readonly string[] {
  const rules = readShippedRules()
    .filter(({ name }) => /balance\.yaml|zone\.yaml|inspection\.yaml/.test(name))
    .map(({ text }) => text)
  const context = readShippedRules()
    .filter(({ name }) => name.includes('context'))
    .flatMap(({ text }) => text.split(/^---$/m))
    .flatMap((text) => {
      if (text.includes('kind: messages')) return [text]
      const needed = /^ {2}(driver\.asked_grace|driver\.appealed|message\.to_call|orders\.stopped)/
      const lines = text.split('\n').filter((line) => !needed.test(line))
      return text.includes('kind: events') ? [lines.join('\n')] : []
    })
  const said = /^ {2}(balance_warning|balance_promise|orders_stopped|papers_ending|papers_overdue):/
  return [
    ...shippedCases().map(({ text }) => text),
    POLICY,
    ...rules,
    ...context.map((text) =>
      text
        .split('\n')
        .filter((line) => !said.test(line))
        .join('\n'),
    ),
  ]
}
const machine = machineOf(...files())

export const PHONE = '+79161234567'
export const person = (id: string, ...roles: string[]): Actor => ({ kind: 'person', id, name: id, roles })
export const DAY = 86_400_000

export const caseWorld = (start: number, outside?: (wanted: Wanted, now: number) => Fact): World =>
  createWorld(machine, start, outside)

/** Closes the open task of this template as a person of its role would. */
export function close(
  world: World,
  card: string,
  template: string,
  outcome: string,
  {
    set = {},
    answer = {},
    comment,
    by = person('head-1', 'head', 'owner'),
  }: {
    readonly set?: Facts
    readonly answer?: Facts
    readonly comment?: string
    readonly by?: Actor
  } = {},
): Outcome {
  const task = world.task(card, template)
  if (task === undefined) {
    const open = world.card(card).tasks.filter(({ state }) => state === 'open')
    throw new Error(`no open task ${template}, but ${open.map((one) => one.template).join(', ')}`)
  }
  return world.on(card, { kind: 'outcome', task: task.id, outcome, set, answer, comment }, by)
}

export const stageOf = (world: World, card: string): string => world.card(card).card.stage
/** The newest card of a pipeline. */
export function newest(world: World, pipeline: string): string {
  const id = world
    .cards()
    .filter(({ card }) => card.pipeline === pipeline)
    .at(-1)?.card.id
  if (id === undefined) throw new Error(`no card in ${pipeline}`)
  return id
}
export const openTasks = (world: World, card: string): readonly string[] =>
  world.card(card).tasks.flatMap(({ state, template }) => (state === 'open' ? [template] : []))
export { machine }
