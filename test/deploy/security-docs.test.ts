import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['docs/threat-model.md', 'docs/asvs.md', 'docs/hardening.md', 'SECURITY.md']

test.each(PAGES)('every test, file and folder that %s names is there', (page) => {
  const named = [
    ...readFileSync(join(ROOT, page), 'utf8').matchAll(/`((?:test|cloud|edge|bin|deploy|docs)\/[A-Za-z0-9/._-]+)`/g),
  ]
  expect(named.map(([, path]) => path ?? '').filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('every threat is built, and names its test', () => {
  const rows = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| T\d+ \|/.test(line))
  expect(rows.map((row) => row.slice(2, row.indexOf(' ', 2)))).toEqual(
    Array.from({ length: 27 }, (_, n) => `T${n + 1}`),
  )
  const bare = rows
    .filter((row) => !/^ built: .*`test\/\w/.test(row.split('|').at(-2) ?? '') || /in part|planned/.test(row))
    .map((row) => row.slice(2, 5))
  expect(bare).toEqual([])
})

/** How many requirements each section of ASVS 5.0.0 has, chapter by chapter. */
const ASVS: Readonly<Record<number, readonly number[]>> = {
  ...{ 1: [2, 10, 12, 3, 3], 2: [3, 3, 5, 2], 3: [1, 3, 5, 8, 8, 1, 5], 4: [5, 5, 2, 4], 5: [1, 6, 3, 3] },
  ...{ 6: [3, 12, 8, 6, 8, 4, 2, 4], 7: [3, 4, 2, 5, 3, 2], 8: [4, 4, 3, 2], 9: [3, 4] },
  ...{ 10: [2, 3, 5, 16, 5, 2, 3], 11: [4, 5, 5, 4, 2, 2, 2], 12: [5, 2, 5], 13: [4, 6, 4, 7], 14: [2, 8, 3] },
  ...{ 15: [5, 5, 7, 4], 16: [1, 5, 4, 3, 4], 17: [2, 8, 2] },
}
const EVERY = Object.entries(ASVS).flatMap(([chapter, sections]) =>
  sections.flatMap((count, section) => Array.from({ length: count }, (_, at) => `${chapter}.${section + 1}.${at + 1}`)),
)
const rowsOfAsvs = readFileSync(join(ROOT, 'docs/asvs.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, ids = '', , , state = ''] = line.split('|').map((cell) => cell.trim())
    return /^\d+\.\d+\.\d+/.test(ids) ? [{ ids, state }] : []
  })
/** `1.2.3, 1.2.5 to 1.2.7` as the ids it means. */
const meant = (ids: string): readonly string[] =>
  ids.split(',').flatMap((part) => {
    const [from = '', to = from] = part.trim().split(' to ')
    return EVERY.slice(EVERY.indexOf(from), EVERY.indexOf(to) + 1)
  })

test('each of the 345 requirements of ASVS 5.0.0 stands in the table once, with a test or a reason', () => {
  expect(EVERY).toHaveLength(345)
  const told = rowsOfAsvs.flatMap(({ ids }) => meant(ids))
  expect(EVERY.filter((id) => !told.includes(id))).toEqual([])
  expect(told.filter((id, index) => told.indexOf(id) !== index)).toEqual([])
  // Whoever only says «held» has said nothing.
  expect(rowsOfAsvs.filter(({ state }) => /^(held|not held)\.?$/.test(state) || state.length < 8)).toEqual([])
})
