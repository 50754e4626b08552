import type { Expression } from '../expressions/expression.ts'
import type { Definitions } from '../processes/notation/definitions.ts'
import type { Report } from '../processes/notation/problem.ts'
import type { Rule } from '../processes/notation/rule.ts'

/** What a person is may not decide over his car. */
const FORBIDDEN =
  /^(name|familyName|givenName|patronymic|nationality|citizenship|birthDate|birthPlace|age|sex|gender|language|religion|ethnicity|address)$/

type Parts = {
  readonly where: Expression | undefined
  readonly if: Expression | undefined
  readonly unless: Expression | undefined
  readonly notNow: Expression | undefined
}

/** Checks 10, 14, 19 and 20 for one rule; types and paths were checked when its expressions were compiled. */
export function lintRule(rule: Rule, definitions: Definitions, parts: Parts, report: Report): void {
  lintNames(rule, definitions, report)
  lintPersons(rule, parts, report)
  const placing = rule.do.findIndex((action) => action.kind === 'hold' && action.place !== undefined)
  for (const action of rule.do)
    if (action.kind === 'hold') {
      if (action.place !== undefined && action.when !== 'stationary')
        report(
          action.pos,
          14,
          'Блокировка без when: stationary',
          'Допишите when: stationary: ждём, пока машина точно стоит',
        )
      if ((action.place === undefined) === (action.lift === undefined))
        report(action.pos, 14, 'hold либо ставит, либо снимает', 'Оставьте place или lift')
    }
  if (placing < 0) return
  const place = rule.do[placing]
  const warned = rule.do.slice(0, placing).some((action) => action.kind === 'send')
  if (!warned && place !== undefined)
    report(
      place.pos,
      19,
      'Блокировка без слова водителю',
      'Поставьте send перед hold: водитель узнаёт раньше, чем не заведёт',
    )
  if (rule.if === undefined)
    report(rule.pos, 19, 'Правило блокирует без условия', 'Напишите if: без него оно заденет каждую машину')
  for (const { value } of rule.read)
    if (value.kind === 'balance_of' && value.maxAge === undefined)
      report(
        value.pos,
        19,
        'Баланс без предельного возраста',
        'Допишите max_age: {cel: policy.balanceMaxAge}: старые данные никого не блокируют',
      )
}

function lintNames(rule: Rule, definitions: Definitions, report: Report): void {
  const events = rule.event?.kind === 'outside' ? rule.event.names : []
  for (const { name, pos } of events)
    if (!definitions.events.has(name))
      report(pos, 10, `Нет события «${name}»`, 'Опишите его в events или исправьте имя')
  for (const action of rule.do) {
    if (action.kind === 'send' && !definitions.messages.has(action.message.name))
      report(
        action.message.pos,
        10,
        `Нет сообщения «${action.message.name}»`,
        'Опишите его в messages или исправьте имя',
      )
    if (action.kind === 'emit' && !definitions.events.has(action.event.name))
      report(action.event.pos, 10, `Нет события «${action.event.name}»`, 'Опишите его в events или исправьте имя')
  }
}

function lintPersons(rule: Rule, parts: Parts, report: Report): void {
  const places = new Map([
    ['where', rule.for?.where?.pos],
    ['if', rule.if?.pos],
    ['unless', rule.unless?.pos],
    ['notNow', rule.notNow?.pos],
  ])
  for (const [part, expression] of Object.entries(parts)) {
    const pos = places.get(part)
    for (const { path } of expression?.reads ?? []) {
      const last = path.at(-1) ?? ''
      if (pos !== undefined && path.length > 1 && FORBIDDEN.test(last))
        report(
          pos,
          20,
          `Условие смотрит на ${path.join('.')}`,
          'Имя, возраст, гражданство и пол не решают, кого блокировать: уберите',
        )
    }
  }
}
