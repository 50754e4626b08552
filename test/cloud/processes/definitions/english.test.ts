import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { shippedCases } from '../../../../cloud/processes/cases-store.ts'
import { diff } from '../../../../cloud/processes/definitions/diff.ts'
import { drawing } from '../../../../cloud/processes/definitions/drawing.ts'
import { speechIn } from '../../../../cloud/processes/definitions/speech.ts'
import { check } from '../../../../cloud/processes/lint/lint.ts'
import { problemIn } from '../../../../cloud/processes/lint/problem-words.ts'
import { readDefinitions } from '../../../../cloud/processes/notation/definitions.ts'
import { changed, SMALL_SHOP } from '../small-shop.ts'

const { definitions } = check(shippedCases())
const RUSSIAN = /[а-яё]/i
const drawn = [...definitions.pipelines.keys(), ...definitions.processes.keys()]

describe('definitions in English', () => {
  test('every pipeline and process of the cases is drawn without a Russian word; in Russian as before', () => {
    expect(drawn.filter((id) => RUSSIAN.test(drawing(definitions, id, 'en') ?? ''))).toEqual([])
    expect(drawing(definitions, 'call_centre')).toMatch(RUSSIAN)
    expect(drawing(definitions, 'nothing', 'en')).toBeUndefined()
  })

  test('what appears and goes is said in English as far as the files have English words', () => {
    const none = readDefinitions([], () => {})
    const { own } = speechIn('en', definitions.english)
    const lines = [...diff(none, definitions), ...diff(definitions, none)].map(own)
    // Numbers of policy have no English words in the files: their own list has them.
    expect(lines.filter((line) => RUSSIAN.test(line) && !/: number “/.test(line))).toEqual([])
    expect(lines).toContain('New: pipeline “Call centre”')
  })

  test('changes of a stage are said in English, names of the files as they are', () => {
    const was = readDefinitions([{ name: 'shop.yaml', text: SMALL_SHOP }], () => {})
    const now = readDefinitions([{ name: 'shop.yaml', text: changed(['for: 30m', 'for: 20m']) }], () => {})
    const { own } = speechIn('en', new Map([['Заявка', { text: 'Request' }]]))
    const lines = diff(was, now)
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines.map(own)) expect(line).toMatch(/^(Stage|Changed|Task|New|Gone)/)
  })
})

/** Every mistake as it stands in the sources: the two texts of a report, with names in place of what is filled in. */
function reported(): readonly string[] {
  const folders = ['../../../../cloud/processes/lint/', '../../../../cloud/processes/notation/']
  return folders.flatMap((folder) => {
    const at = new URL(folder, import.meta.url)
    return readdirSync(at)
      .filter((name) => name.endsWith('.ts') && name !== 'problem-words.ts')
      .flatMap((name) => {
        const source = readFileSync(new URL(name, at), 'utf8')
        const calls = [
          ...source.matchAll(/report\(\s*[^,]+,\s*\d+,\s*([\s\S]*?),?\s*\)(?=\n|$|;| {2}|\s*else|\s*return)/g),
        ]
        return calls.flatMap(([, args = '']) =>
          [...args.matchAll(/'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)]
            .map(([, plain, filled]) => (plain ?? filled ?? '').replaceAll(/\$\{nearest\([^}]*\)\}/g, ''))
            .map((text) => text.replaceAll(/\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g, 'word'))
            // What is put together of parts is seen by the mistakes of the small shop below.
            .filter(
              (text) => !text.includes('${') && RUSSIAN.test(text) && /^[А-ЯЁ«a-z]/.test(text) && text.length > 12,
            ),
        )
      })
  })
}

describe('mistakes of files in English', () => {
  const english = problemIn('en')
  const at = { file: 'a.yaml', line: 1, column: 1, check: 1 }
  const texts = [...new Set(reported())]

  test('there are many to be said', () => {
    expect(texts.length).toBeGreaterThan(60)
  })
  test.each(texts)('%s', (text) => {
    expect(english({ ...at, message: text, advice: text }).message).not.toMatch(RUSSIAN)
  })
  test('names stay, and what was perhaps meant is offered', () => {
    const { problems } = check([{ name: 'shop.yaml', text: changed(['start: request', 'start: reqest']) }])
    const said = problems.map(english)
    expect(said.filter(({ message, advice }) => RUSSIAN.test(message + advice))).toEqual([])
    expect(said.some(({ message }) => message.includes('“reqest”'))).toBe(true)
    expect(problemIn('ru')(problems[0] ?? { ...at, message: '', advice: '' })).toEqual(problems[0])
  })
})
