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

test('every threat has a test, or says in words what is missing', () => {
  const rows = readFileSync(join(ROOT, 'docs/threat-model.md'), 'utf8')
    .split('\n')
    .filter((line) => /^\| T\d+ \|/.test(line))
  expect(rows.length).toBeGreaterThanOrEqual(26)
  const bare = rows
    .filter((row) => !/`test\/|in part|limit:/.test(row.split('|').at(-2) ?? ''))
    .map((row) => row.slice(2, 5))
  expect(bare).toEqual([])
})
