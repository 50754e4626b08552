import { expect, test } from 'vitest'
import { findStale, GENERATED } from './generate.ts'

// The OpenAPI document needs a whole cloud; `npm test` compares it once, by `generate.ts --check`.
const quick = Object.entries(GENERATED).filter(([file]) => file !== 'docs/openapi.json')

test.each(quick)('%s is what would be generated now', async (file, make) => {
  expect(await findStale({ [file]: make })).toEqual([])
})

test('a file that differs is named', async () => {
  expect(await findStale({ 'package.json': () => 'something else' })).toEqual(['package.json'])
})
