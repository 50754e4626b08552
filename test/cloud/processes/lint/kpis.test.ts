import { expect, test } from 'vitest'
import { check } from '../../../../cloud/processes/lint/lint.ts'
import { problemLine } from '../../../../cloud/processes/notation/problem.ts'
import { kpiLines } from '../../../../cloud/processes/reports/kpi.ts'
import { weeksOf } from '../../../../cloud/processes/reports/week.ts'
import { changed } from '../small-shop.ts'

const KPI = `---
kind: kpi
id: bonus
title: Премия
unit: money
counts:
  visits: {title: Визиты, moved: {pipeline: orders, to: visit}}
  late: {title: С опозданием, done: {tasks: [call], late: only}}
formula: "visits * 10000 - late * policy.minBalance"
`
const lint = (from: string, to: string) => {
  if (!KPI.includes(from)) throw new Error(from)
  return check([{ name: 'shop.yaml', text: changed() + KPI.replace(from, to) }])
    .problems.map(problemLine)
    .join('\n')
}

test('a figure of people is described beside the rest, and nothing is wrong with it', () => {
  expect(lint('', '')).toBe('')
})

test.each([
  ['a pipeline that is not there', 'pipeline: orders', 'pipeline: ordres', 'Нет воронки «ordres»'],
  ['a stage that is not there', 'to: visit', 'to: vizit', 'Нет этапа «vizit»'],
  ['a task that is not there', 'tasks: [call]', 'tasks: [cal]', 'Нет задачи «cal»'],
  ['an outcome that is not there', 'late: only', 'outcomes: [gone]', 'Нет результата «gone»'],
  ['a name that nothing counts', 'visits * 10000', 'vsits * 10000', 'Формула'],
  [
    'a count that the formula leaves out',
    ' - late * policy.minBalance',
    ' - policy.minBalance',
    'формула его не берёт',
  ],
  ['a formula that gives no whole number', '- late * policy.minBalance"', '- late * policy.minBalance > 0"', 'Формула'],
  ['neither cards nor tasks', 'moved: {pipeline: orders, to: visit}', '', 'Оставьте moved или done'],
  ['a number that nobody has set', 'policy.minBalance', 'policy.minBalanse', 'minBalanse'],
])('refused with its line: %s', (_name, from, to, said) => {
  const text = lint(from, to)
  expect(text).toContain(said)
  expect(text).toMatch(/^shop\.yaml:1\d\d/m)
})

test('a plan of a stage is a whole number that people set', () => {
  const stage = '    title: Визит\n    need_in'
  const planned = (policy: string) =>
    check([{ name: 'shop.yaml', text: changed([stage, stage.replace('\n', `\n    week_plan: ${policy}\n`)]) }]).problems
  expect(planned('minBalance').map(({ check: no }) => no)).toEqual([10])
  expect(planned('nothing').map(({ check: no }) => no)).toEqual([10])
})

test('the formula is worked out for each person and month from what the log counts', () => {
  const { definitions } = check([{ name: 'shop.yaml', text: changed() + KPI }])
  const kpi = definitions.kpis.get('bonus') ?? expect.fail()
  const deed = { person: 'person:1', name: 'Анна', month: '2026-11', pipeline: 'orders', outcome: null, late: false }
  const lines = kpiLines(definitions, kpi, { minBalance: 500 }, [
    { ...deed, kind: 'moved', what: 'visit', count: 3 },
    { ...deed, kind: 'moved', what: 'done', count: 9 },
    { ...deed, kind: 'moved', what: 'visit', pipeline: 'other', count: 9 },
    { ...deed, kind: 'done', what: 'call', outcome: 'talk', late: true, count: 2 },
    { ...deed, kind: 'done', what: 'call', outcome: 'talk', count: 7 },
    { ...deed, kind: 'moved', what: 'visit', month: '2026-12', count: 1 },
    { ...deed, person: 'person:2', name: 'Борис', kind: 'done', what: 'look', count: 5 },
  ])
  expect(lines.map(({ month, name, counts, value }) => [month, name, counts.map(({ count }) => count), value])).toEqual(
    [
      ['2026-12', 'Анна', [1, 0], 10_000],
      ['2026-11', 'Анна', [3, 2], 29_000],
    ],
  )
  // A number that nobody knows gives no figure, and no wrong one.
  expect(
    kpiLines(definitions, kpi, {}, [{ ...deed, kind: 'moved', what: 'visit', count: 3 }])[0]?.value,
  ).toBeUndefined()
})

test.each([
  ['2026-11-04T12:00:00+03:00', '2026-11-02T00:00:00+03:00', '2026-10-28T12:00:00+03:00'],
  ['2026-11-02T00:00:01+03:00', '2026-11-02T00:00:00+03:00', '2026-10-26T00:00:01+03:00'],
  // The end of a day is not the next week yet.
  ['2026-11-09T00:00:00+03:00', '2026-11-02T00:00:00+03:00', '2026-11-02T00:00:00+03:00'],
])('at %s the week began on %s, and the one before is read until %s', (at, monday, before) => {
  const to = Date.parse(at)
  expect(weeksOf({ from: 0, to })).toEqual({
    now: { from: Date.parse(monday), to },
    before: { from: Date.parse(monday) - 7 * 86_400_000, to: Date.parse(before) },
  })
})
