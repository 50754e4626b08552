/** A small complete set of definitions: every test that wants one thing wrong changes one line of it. */
export const SMALL_SHOP = `kind: org
id: org
zone: Europe/Moscow
calendars:
  office: {days: mon-fri, hours: "09:00-18:00", holidays: ru}
  always: {days: mon-sun, hours: "00:00-24:00"}
roles: {owner: Собственник, head: Руководитель, manager: Менеджер, mechanic: Механик}
groups:
  leaders: {title: Руководители, of: [head], hours: always}
---
kind: policy
id: policy
policy:
  minBalance: {type: money, value: 500000, min: -100, max: 10000000, title: Порог баланса}
---
kind: entities
id: entities
entities:
  driver: {title: Водитель, key: phone, fields: {phone: [phone, Телефон], name: [text, ФИО]}}
  vehicle: {title: Автомобиль, key: vin, fields: {vin: [vin, VIN], plate: [plate, Госномер], postponed: [int, Отложено], holds: ["list<text>", Блокировки]}}
  deal:
    title: Сделка
    fields:
      source: [text, Источник]
      phone: [phone, Телефон]
      name: [text, Имя]
      total: [money, Сумма]
      paid: [money, Оплачено]
      visitAt: [time, Визит]
      lossReason: [text, Причина отказа]
      vehicle: [ref, Автомобиль]
      driver: [ref, Водитель]
      contractNo: [text, № договора]
      photos: ["list<file>", Фотографии]
---
kind: events
id: events
events:
  call.missed: {from: phone, line: text}
---
kind: pipeline
id: orders
title: Заказы
card: deal
moves: guarded
no_card_without_task: true
start: request
stages:
  - id: request
    title: Заявка
    need_in: [source, phone]
    limit: {for: 30m, clock: office, then: [{task: look}]}
    enter: [{task: call}]
    next: [visit, lost]
  - id: visit
    title: Визит
    need_in: [visitAt]
    when:
      - {event: {before: deal.visitAt, by: 2h}, do: [{send: {message: reminder, to: driver, via: [sms]}}]}
      - {event: {button: sign}, title: Подписать, who: [manager], do: [{start: contract}]}
    next: [done, lost]
  - id: done
    title: Выдан
    type: won
    guard_in: [{if: "deal.paid >= deal.total", say: Не оплачено}]
  - {id: lost, title: Отказ, type: lost, need_in: [lossReason]}
---
kind: process
id: contract
title: Договор
card: deal
steps:
  - {id: ask_head, ask: {who: "role:head", show: [total], options: [{id: ok, title: Согласовано}, {id: rework, title: На доработку, comment: required}]}, goto: {ok: sign, rework: fix}}
  - {id: fix, task: look, goto: ask_head}
  - {id: sign, number: {series: contracts, field: contractNo}}
  - {id: paper, make_doc: contract_paper}
---
kind: rule
id: missed
title: Пропущенный звонок
event: call.missed
do: [{create: {pipeline: orders, stage: request, set: {phone: {cel: event.from}, source: Звонок}}}]
---
kind: rule
id: debt
title: Долг
every: 20m
for: {pipeline: orders, stage: visit}
read: {balance: {balance_of: driver, max_age: 40m}}
if: "balance.kopecks < policy.minBalance"
do:
  - {send: {message: debt_told, to: driver, via: [sms]}}
  - {hold: {place: balance, when: stationary}}
---
kind: tasks
id: tasks
tasks:
  call:
    title: Позвонить
    for: manager
    due: 15m
    priority: 100
    form: [name]
    outcomes:
      - {id: talk, title: Договорились, need: [visitAt], do: [{move: visit}]}
      - {id: no_answer, title: Недозвон, do: [{task: {use: call, delay: 2h, max: 3, on_max: [{move: {stage: lost, set: {lossReason: Недозвон}}}]}}]}
  look: {title: Разобраться, for: head, due: 1h, outcomes: [{id: ok, title: Разобрано, ask: {comment: text}}]}
---
kind: messages
id: messages
messages:
  reminder: "{{deal.name}}, ждём вас {{deal.visitAt}}"
  debt_told: "Баланс {{balance.kopecks}}, нужно {{policy.minBalance}}"
---
kind: documents
id: documents
series: {contracts: {pattern: "Д-{n:4}", reset: never, gapless: true}}
documents:
  contract_paper: {title: Договор, template: contract.docx, need: [deal.name]}
`

/** One file of it, with one text put for another; the text has to be there. */
export function changed(...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`«${from}» is not in the small shop`)
    return text.replace(from, to)
  }, SMALL_SHOP)
}
