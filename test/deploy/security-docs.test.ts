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
