import type { Definitions } from '../notation/definitions.ts'
import type { Pipeline, Stage } from '../notation/pipeline.ts'
import type { Report } from '../notation/problem.ts'
import type { Process, Step } from '../notation/process.ts'
import type { PlacedExpr } from './expressions.ts'
import { flattened, type Site } from './sites.ts'

/** Checks 14 and 19: holds are placed with care. */
export function checkHolds(sites: readonly Site[], report: Report): void {
  for (const { owner, actions } of sites) {
    const all = flattened(actions)
    for (const [index, one] of all.entries()) {
      if (one.kind !== 'hold') continue
      if ((one.place === undefined) === (one.lift === undefined))
        report(one.pos, 14, 'hold либо ставит причину, либо снимает', 'Оставьте place или lift')
      if (one.place === undefined) continue
      if (one.when !== 'stationary')
        report(
          one.pos,
          14,
          'Блокировка без when: stationary',
          'Добавьте when: stationary: запрет действует только после остановки',
        )
      if (owner.kind !== 'rule' && owner.kind !== 'outcome')
        report(
          one.pos,
          14,
          'Блокировку ставит только правило или человек результатом задачи',
          'Перенесите hold в правило или в результат задачи',
        )
      if (owner.kind === 'rule' && !all.slice(0, index).some(({ kind }) => kind === 'send'))
        report(one.pos, 19, 'Блокировка без предупреждения', 'Поставьте send перед hold: водитель должен узнать раньше')
    }
    if (owner.kind !== 'rule' || !all.some((one) => one.kind === 'hold' && one.place !== undefined)) continue
    for (const { value: read } of owner.rule.read)
      if (read.kind === 'balance_of' && read.maxAge === undefined)
        report(
          read.pos,
          19,
          'Правило с блокировкой читает баланс любой давности',
          'Добавьте max_age: старый баланс никого не блокирует',
        )
  }
}

const PRIVATE =
  /(^|\.)(nationality|citizenship|age|birthDate|birthday|name|lastName|firstName|surname|sex|gender|religion)$/
const PERSONS = ['driver', 'client', 'agent', 'deal']

/** Check 20: nobody is judged by origin, age or name. */
export function checkFairness(definitions: Definitions, placed: readonly PlacedExpr[], report: Report): void {
  const ruled = new Set(
    [...definitions.rules.values()].flatMap((rule) => [rule.if, rule.unless, rule.notNow, rule.for?.where]),
  )
  const places = new Set([...ruled].flatMap((expr) => (expr === undefined ? [] : [expr.pos])))
  for (const { cel, pos } of placed) {
    if (!places.has(pos)) continue
    for (const [, root = '', field = ''] of cel.matchAll(/\b([a-zA-Z]\w*)\.([a-zA-Z]\w*)/g))
      if (PERSONS.includes(root) && PRIVATE.test(field))
        report(
          pos,
          20,
          `Правило судит о человеке по полю «${root}.${field}»`,
          'Уберите его: гражданство, возраст и имя ничего не решают',
        )
  }
}

/** Loops in which no person stands would turn without end. */
export function checkLoops(definitions: Definitions, report: Report): void {
  for (const process of definitions.processes.values()) {
    const ring = ringOf(
      process.steps.map(({ id }) => id),
      (id) => automaticNext(process, id),
    )
    if (ring !== undefined)
      report(
        process.steps.find(({ id }) => id === ring[0])?.pos ?? process.pos,
        9,
        `Круг без человека: ${ring.join(' → ')}`,
        'Поставьте в круг шаг, где отвечает человек, или уберите goto',
      )
  }
  for (const pipeline of definitions.pipelines.values()) {
    const ring = ringOf(
      pipeline.stages.map(({ id }) => id),
      (id) => automaticMoves(pipeline, id),
    )
    if (ring !== undefined)
      report(
        pipeline.stages.find(({ id }) => id === ring[0])?.pos ?? pipeline.pos,
        9,
        `Карточка ходила бы по кругу без человека: ${ring.join(' → ')}`,
        'Добавьте условие или задачу',
      )
  }
}

const PEOPLE_STEPS = ['ask', 'acknowledge', 'first_response', 'task', 'wait']

function automaticNext(process: Process, id: string): readonly string[] {
  const index = process.steps.findIndex((step) => step.id === id)
  const step = process.steps[index]
  if (step === undefined || PEOPLE_STEPS.includes(step.body.kind)) return []
  const following = process.steps[index + 1]?.id
  const ways: (string | undefined)[] = []
  if (step.body.kind === 'branch') for (const line of step.body.lines) ways.push(line.goto?.name)
  ways.push(...gotoOf(step), ...(gotoOf(step).length === 0 ? [following] : []))
  return ways.flatMap((way) => (way === undefined || way === 'end' ? [] : [way]))
}

const gotoOf = ({ goto: way }: Step): readonly string[] =>
  way === undefined ? [] : 'step' in way ? [way.step.name] : [...way.byOption.values()].map(({ name }) => name)

function automaticMoves(pipeline: Pipeline, id: string): readonly string[] {
  const stage: Stage | undefined = pipeline.stages.find((one) => one.id === id)
  if (stage === undefined) return []
  const always = [
    ...stage.enter,
    ...stage.when
      .filter(({ event, if: condition }) => event.kind === 'entered' && condition === undefined)
      .flatMap((one) => one.do),
  ]
  return always.flatMap((one) => (one.kind === 'move' && one.pipeline === undefined ? [one.stage.name] : []))
}

function ringOf(ids: readonly string[], next: (id: string) => readonly string[]): readonly string[] | undefined {
  const done = new Set<string>()
  const walk = (id: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id]
    if (done.has(id)) return undefined
    for (const target of next(id)) {
      const ring = walk(target, [...way, id])
      if (ring !== undefined) return ring
    }
    done.add(id)
    return undefined
  }
  for (const id of ids) {
    const ring = walk(id, [])
    if (ring !== undefined) return ring
  }
  return undefined
}
