import { expect, test } from 'vitest'
import { anywhere } from '../../../cloud/postgres/search-pattern.ts'

test.each([
  ['А12', '%А12%'],
  ['100%', '%100\\%%'],
  ['a_b', '%a\\_b%'],
  ['\\', '%\\\\%'],
  ['', '%%'],
])('%j is looked for as %j', (typed, pattern) => expect(anywhere(typed)).toBe(pattern))
