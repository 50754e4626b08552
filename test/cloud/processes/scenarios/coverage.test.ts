import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const ROOT = new URL('../../../../', import.meta.url)
const page = readFileSync(new URL('docs/cases.md', ROOT), 'utf8')
const rows = [...page.matchAll(/^\| ([A-E]-\d\d) \| (.*?) \| (.*?) \| (.*?) \|$/gm)].map(
  ([, id, file, proof, missing]) => ({
    id,
    file,
    proof,
    missing,
  }),
)
const COUNTS = { A: 63, B: 19, C: 18, D: 27, E: 37 }
const wanted = Object.entries(COUNTS).flatMap(([letter, count]) =>
  Array.from({ length: count }, (_, index) => `${letter}-${String(index + 1).padStart(2, '0')}`),
)

test('every requirement has its line, once', () => {
  expect(rows.map(({ id }) => id)).toEqual(wanted)
})

test('a line names a file and a test, or says what is missing', () => {
  expect(
    rows.filter(({ file, proof, missing }) => (file === '' || proof === '') && missing === '').map(({ id }) => id),
  ).toEqual([])
})

test('every file that is named is there', () => {
  const named = [...page.matchAll(/`((?:cloud|test|docs)\/[^`]+)`/g)].map(([, path]) => path ?? '')
  expect(named.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([])
})

test('the sentence above counts the lines below', () => {
  const [, all, hold, part, none] =
    /Of (\d+) requirements (\d+) hold, (\d+) hold in part, (\d+) do not hold/.exec(page) ?? []
  const lacking = rows.filter(({ missing }) => missing !== '')
  const absent = lacking.filter(({ file, proof }) => file === '' && proof === '')
  expect([all, hold, part, none].map(Number)).toEqual([
    rows.length,
    rows.length - lacking.length,
    lacking.length - absent.length,
    absent.length,
  ])
})
