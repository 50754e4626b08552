import { expect, test } from 'vitest'
import { findStale, GENERATED } from './generate.ts'

test.each(Object.entries(GENERATED))('%s is what would be generated now', { timeout: 90_000 }, async (file, make) => {
  expect(await findStale({ [file]: make })).toEqual([])
})

test('a file that differs is named', async () => {
  expect(await findStale({ 'package.json': () => 'something else' })).toEqual(['package.json'])
})
