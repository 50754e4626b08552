import { expect, test } from 'vitest'
import { statementsOf } from '../../../cloud/postgres/sql-statements.ts'

test.each([
  { name: 'two statements', sql: 'select 1; select 2;', expected: ['select 1', 'select 2'] },
  { name: 'a semicolon in a string', sql: "select ';', 'it''s; so'", expected: ["select ';', 'it''s; so'"] },
  { name: 'a semicolon in a name', sql: 'select ";"', expected: ['select ";"'] },
  {
    name: 'a semicolon in a line comment',
    sql: 'select 1 -- a; b\n; select 2',
    expected: ['select 1 -- a; b', 'select 2'],
  },
  { name: 'a semicolon in a block comment', sql: '/* ; */ select 1', expected: ['/* ; */ select 1'] },
  { name: 'a function body', sql: 'do $$ begin; end $$; select 1', expected: ['do $$ begin; end $$', 'select 1'] },
  { name: 'a tagged body', sql: 'do $a$ $$;$$ $a$', expected: ['do $a$ $$;$$ $a$'] },
  { name: 'comments alone', sql: '-- nothing\n/* at all */', expected: [] },
])('statementsOf: $name', ({ sql, expected }) => {
  expect(statementsOf(sql)).toEqual(expected)
})
