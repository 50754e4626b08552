import { expect, test } from 'vitest'
import { phoneOf } from '../../../cloud/console/fields/phone-text.ts'
import { narrowing, queryFrom, searchFrom } from '../../../cloud/console/processes/board-query.ts'

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
