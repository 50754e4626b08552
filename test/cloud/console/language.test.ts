import { globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CONFIGURATION_EVENTS } from '#contract/configuration.ts'
import { UNLOCK_CODE_USED } from '#contract/unlock-code.ts'
import { en } from '../../../cloud/console/language/en.ts'
import { ru } from '../../../cloud/console/language/ru.ts'

const CONSOLE = new URL('../../../cloud/console/', import.meta.url).pathname

type Branch = { readonly [key: string]: string | Branch }

function leaves(branch: Branch, path = ''): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(branch)) {
    if (typeof value === 'string') found.set(path + key, value)
    else for (const [inner, words] of leaves(value, `${path}${key}.`)) found.set(inner, words)
  }
  return found
}

const PLURAL = /_(zero|one|two|few|many|other)$/
const withoutPlural = (keys: Iterable<string>): string[] =>
  [...new Set([...keys].map((key) => key.replace(PLURAL, '')))].toSorted()
const blanks = (words: string): string[] =>
  [...words.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name ?? '').toSorted()

const russian = leaves(ru)
const english = leaves(en)

const sources = readdirSync(CONSOLE, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !entry.parentPath.includes('/dist'))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n')

describe('the two languages', () => {
  test('have the same keys', () => {
    expect(withoutPlural(english.keys())).toEqual(withoutPlural(russian.keys()))
  })

  test.each([
    { language: 'ru', words: russian, forms: ['one', 'few', 'many', 'other'] },
    { language: 'en', words: english, forms: ['one', 'other'] },
  ])('$language: what is counted has every plural form of the language', ({ words, forms }) => {
    const counted = withoutPlural([...words.keys()].filter((key) => PLURAL.test(key)))
    for (const key of counted) for (const form of forms) expect([...words.keys()]).toContain(`${key}_${form}`)
    expect(counted.length).toBeGreaterThan(2)
  })

  test('a sentence has the same blanks in both', () => {
    const differing = [...russian].filter(([key, words]) => {
      const other = english.get(key)
      return other !== undefined && blanks(other).join() !== blanks(words).join()
    })
    expect(differing).toEqual([])
  })

  test('no sentence is empty, and the Russian ones are Russian', () => {
    const latinOnly = [...russian].filter(([, words]) => !/[а-яё]/i.test(words.replace(/\{\{\w+\}\}/g, '')))
    const names = new Set(['app.name', 'order.number', 'map.attribution', 'mileage.error', 'mileage.gap', 'map.stale'])
    const bare = (words: string): string => words.replace(/\{\{\w+\}\}|[\s:,.–±·№→]|\b(MAX|SMS)\b/g, '')
    expect(latinOnly.filter(([key, words]) => !names.has(key) && bare(words) !== '')).toEqual([])
    expect([...russian.values(), ...english.values()].filter((words) => words.trim() === '')).toEqual([])
  })

  test('every key that the pages ask for by name exists', () => {
    const asked = [...sources.matchAll(/\bt\(\s*'([\w./-]+)'/g)].map(([, key]) => key ?? '')
    const known = new Set([...russian.keys(), ...withoutPlural(russian.keys())])
    expect(asked.filter((key) => !known.has(key))).toEqual([])
    expect(asked.length).toBeGreaterThan(100)
  })

  test('every fault the cloud can name has a sentence', async () => {
    const { FAULTS } = await import('../../../cloud/http/fault.ts')
    expect(Object.keys(FAULTS).filter((code) => !russian.has(`problem.${code}`))).toEqual([])
  })
})

const ROOT = join(import.meta.dirname, '../../..')

test('every event that a gateway tells has a sentence', () => {
  const sources = globSync('edge/**/*.ts', { cwd: ROOT, exclude: ['**/dist/**', '**/node_modules/**'] })
  const told = sources.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/kind: 'event',\s*name: '([a-z-]+)'/g)].map(([, name]) => name),
  )
  expect(told).toContain('gateway-started')
  const names = [...told, ...CONFIGURATION_EVENTS, UNLOCK_CODE_USED]
  expect(names.filter((name) => !Object.hasOwn(ru.eventNames, name ?? ''))).toEqual([])
})
