import { describe, expect, test } from 'vitest'
import { check } from '../../../../cloud/processes/lint/lint.ts'
import { problemLine } from '../../../../cloud/processes/notation/problem.ts'
import { changed, SMALL_SHOP } from '../small-shop.ts'

const lint = (text: string) => check([{ name: 'shop.yaml', text }]).problems
const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length

test('the small shop has nothing wrong', () => {
  expect(lint(SMALL_SHOP).map(problemLine)).toEqual([])
})

describe('one thing wrong is refused with its line, in Russian', () => {
  test.each([
    [1, 'title: Заказы\n', 'title: Заказы\nno: 1\n', 'no: 1', 'читается как да/нет'],
    [1, 'title: Заказы\n', 'title: Заказы\nyes: 1\n', 'yes: 1', 'читается как да/нет'],
    [1, 'title: Заказы\n', 'title: Заказы\ntrue: 1\n', 'true: 1', 'не текст'],
    [1, 'title: Заказы\n', 'title: Заказы\ntitle: Ещё\n', 'title: Ещё', 'повторяется'],
    [1, 'title: Заказы\n', 'title: [Заказы\n', 'card: deal', 'Не читается'],
    [2, 'kind: rule\nid: debt', 'kind: rule\nid: missed', 'id: missed\ntitle: Долг', 'уже есть'],
    [2, 'card: deal\nmoves', 'cards: deal\nmoves', 'cards: deal', 'Неизвестный ключ «cards»'],
    [2, 'kind: rule\nid: debt', 'kind: rules\nid: debt', 'kind: rules', 'Неизвестный kind'],
    [3, 'start: request', 'start: reqest', 'start: reqest', 'Нет начального этапа'],
    [3, 'next: [visit, lost]', 'next: [visit, gone, lost]', 'next: [visit, gone', 'Нет этапа «gone»'],
    [4, 'next: [done, lost]', 'next: []', '- id: visit', 'некуда идти'],
    [5, 'next: [visit, lost]', 'next: [lost]', '- id: visit', 'нельзя попасть'],
    [6, 'do: [{move: visit}]', 'do: [{move: vizit}]', 'move: vizit', 'Нет этапа «vizit»'],
    [6, 'enter: [{task: call}]', 'enter: [{task: call}, {move: done}]', '{move: done}', 'отсюда перейти нельзя'],
    [7, ', say: Не оплачено', '', 'guard_in', 'нет фразы say'],
    [7, 'clock: office, then', 'clock: offise, then', 'clock: offise', 'Нет календаря'],
    [8, 'need_in: [visitAt]', 'need_in: [visitTime]', 'visitTime', 'Нет поля «visitTime»'],
    [8, 'lossReason: Недозвон', 'lossReason: 5', 'lossReason: 5', 'нужен текст'],
    [8, 'value: 500000', 'value: 50000000', 'minBalance:', 'за своими пределами'],
    [9, 'goto: {ok: sign, rework: fix}', 'goto: {ok: sign, rework: fx}', 'rework: fx}', 'Нет шага «fx»'],
    [9, 'goto: {ok: sign, rework: fix}', 'goto: {ok: sign}', 'ask_head, ask', 'никуда не ведёт'],
    [10, '{send: {message: reminder', '{send: {message: remindr', 'message: remindr', 'Нет сообщения «remindr»'],
    [10, 'event: call.missed', 'event: call.mised', 'event: call.mised', 'Нет события'],
    [
      10,
      'read: {balance: ',
      'read: {out: {permit: {name: leave, of: vehicle}}, balance: ',
      'permit:',
      'нигде не выдаётся',
    ],
    [11, 'messages:\n  reminder', 'messages:\n  spare: "Да"\n  reminder', 'spare:', 'нигде не используется'],
    [
      11,
      'title: Порог баланса}',
      'title: Порог баланса}\n  spare: {type: int, value: 1, title: Лишнее}',
      'spare:',
      'нигде не используется',
    ],
    [12, 'for: head, due: 1h', 'for: head', 'look: {title', 'должен быть один срок'],
    [12, 'title: Разобраться, for: head,', 'title: Разобраться,', 'look: {title', 'чья задача'],
    [
      12,
      '{id: no_answer, title: Недозвон',
      '{id: talk, title: Недозвон',
      '{id: talk, title: Недозвон',
      'описан дважды',
    ],
    [13, 'who: "role:head"', 'who: "role:hed"', 'role:hed', 'Нет роли «hed»'],
    [13, 'to: driver, via: [sms]}}]}', 'to: leader, via: [sms]}}]}', 'to: leader', 'не сказано'],
    [14, 'enter: [{task: call}]', 'enter: [{tasks: call}]', 'tasks: call', 'Неизвестное действие'],
    [14, 'place: balance, when: stationary', 'place: balance', 'place: balance', 'when: stationary'],
    [14, 'place: balance', 'place: whim', 'place: whim', 'Неизвестная причина'],
    [
      14,
      'enter: [{task: call}]',
      'enter: [{task: call}, {hold: {place: manual, when: stationary}}]',
      'place: manual',
      'только правило',
    ],
    [15, 'limit: {for: 30m', 'limit: {for: 30 минут', '30 минут', 'не срок'],
    [15, 'every: 20m', 'every: 20s', 'every: 20s', 'чаще раза в минуту'],
    [16, 'deal.paid >= deal.total', 'deal.paid >= deal.totl', 'deal.totl', 'нет такого поля'],
    [16, 'deal.paid >= deal.total', 'deal.paid + deal.total', 'deal.paid +', '«да» или «нет»'],
    [16, 'deal.paid >= deal.total', 'deal.paid >= deal.name', 'deal.name"', 'разные типы'],
    [16, 'before: deal.visitAt', 'before: deal.total', 'before: deal.total', 'нужно время'],
    [17, 'ждём вас {{deal.visitAt}}', 'ждём вас {{deal.when}}', 'reminder: "', 'ни на что не указывает'],
    [17, 'Баланс {{balance.kopecks}},', 'Баланс {{balance.kopecks}} ₽,', 'debt_told: "', 'лишний знак валюты'],
    [
      17,
      'messages:\n  reminder',
      'messages:\n  asked: {text: Да, upload: {title: Акт, event: call.missed, field: deal.name}}\n  reminder',
      'asked: {text',
      'некуда положить',
    ],
    [
      10,
      'messages:\n  reminder',
      'messages:\n  asked: {text: Да, upload: {title: Акт, event: call.mised, field: deal.name}}\n  reminder',
      'asked: {text',
      'Нет события',
    ],
    [18, ', source: Звонок', '', '{create: {pipeline', 'не дано поле «source»'],
    [19, '  - {send: {message: debt_told, to: driver, via: [sms]}}\n', '', '{hold: {place', 'без предупреждения'],
    [19, 'balance_of: driver, max_age: 40m', 'balance_of: driver', 'balance_of: driver', 'любой давности'],
    [
      20,
      'if: "balance.kopecks < policy.minBalance"',
      `if: "balance.kopecks < policy.minBalance && driver.name != 'Иванов'"`,
      'if: "balance',
      'судит о человеке',
    ],
    [
      9,
      'goto: ask_head}',
      'goto: turn}\n  - {id: turn, do: [{set: {deal.name: x}}]}\n  - {id: back, do: [{set: {deal.name: y}}], goto: turn}',
      '{id: turn',
      'Круг без человека',
    ],
  ] as const)('check %s: «%s» → «%s»', (number, from, to, at, words) => {
    const text = changed([from, to])
    const found = lint(text).filter((problem) => problem.check === number && problem.message.includes(words))
    expect(found, lint(text).map(problemLine).join('\n')).not.toEqual([])
    expect(found.map(({ line }) => line)).toContain(lineOf(text, at))
    expect(found[0]?.advice).toMatch(/[а-я]/)
  })
})
