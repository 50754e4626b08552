import { expect, test } from 'vitest'
import { Problem } from '../../../cloud/console/api/problem.ts'
import { goneStages } from '../../../cloud/console/definitions/activate-dialog.tsx'
import { stagesIn } from '../../../cloud/console/definitions/drawable.ts'
import { phoneOf } from '../../../cloud/console/fields/phone-text.ts'
import { narrowing, queryFrom, searchFrom } from '../../../cloud/console/processes/board-query.ts'
import { shippedCases } from '../../../cloud/processes/cases-store.ts'
import { CASES } from '../../../cloud/processes/definitions/chosen-cases.ts'
import { check } from '../../../cloud/processes/lint/lint.ts'

test('what the address carries comes back as it was', () => {
  const text =
    'pipeline=orders&view=list&q=Орлов&stage=visit&responsible=person:1&overdue=yes&tasks=none&state=all&sort=-no&f.source=Сайт'
  const query = queryFrom(new URLSearchParams(text))
  expect(queryFrom(searchFrom(query))).toEqual(query)
  expect(query).toMatchObject({
    view: 'list',
    overdue: true,
    withoutTasks: true,
    sort: '-no',
    fields: { source: 'Сайт' },
  })
})

test('a word nobody knows is as good as none', () => {
  expect(queryFrom(new URLSearchParams('view=x&sort=x&state=x'))).toMatchObject({
    view: 'board',
    sort: 'enteredAt',
    state: 'open',
  })
})

test('the server is asked by what narrows, values of fields as one object', () => {
  const query = queryFrom(new URLSearchParams('pipeline=orders&f.source=Сайт'))
  expect(narrowing(query)).toMatchObject({ pipeline: 'orders', fields: '{"source":"Сайт"}', overdue: null })
})

test.each([
  { typed: '8 (916) 123-45-67', kept: '+79161234567' },
  { typed: '+7 916 123-45-67', kept: '+79161234567' },
  { typed: '', kept: '' },
])('a phone typed as $typed is kept as $kept', ({ typed, kept }) => {
  expect(phoneOf(typed)).toBe(kept)
})

test('stages of the shipped pipelines are read out of their files, in both languages; a refusal names all that are gone', () => {
  const files = shippedCases(CASES)
  const { pipelines, english } = check(files).definitions
  for (const { id, stages } of pipelines.values()) {
    expect(stagesIn(files, id, 'ru')).toEqual(stages.map((stage) => ({ id: stage.id, title: stage.title })))
    expect(stagesIn(files, id, 'en').map(({ title }) => title)).toEqual(
      stages.map(({ title }) => english.get(title)?.text),
    )
  }
  const facts = { status: 409, code: 'definition/stage-has-cards', title: '', retryAfterS: null }
  const refusal = new Problem({ ...facts, detail: 'Карточки стоят на этапах (orders.visit: 2, c_hiring.trial: 11).' })
  expect(goneStages(refusal)).toEqual([
    { pipeline: 'orders', stage: 'visit', count: 2 },
    { pipeline: 'c_hiring', stage: 'trial', count: 11 },
  ])
})
