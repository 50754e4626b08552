import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const CONSOLE = join(import.meta.dirname, '../../../cloud/console')

/** Changes that a source presses and of whose failure it shows nothing: no error read, none handed on, none announced. */
function silentIn(source: string): readonly string[] {
  const made = [...source.matchAll(/const (\w+) = use[A-Z]\w*\(/g)].map(([, name = '']) => name)
  return made.filter((name) => {
    const presses = [...source.matchAll(new RegExp(`\\b${name}\\.mutate\\((.*)`, 'g'))]
    const tells = new RegExp(`\\b${name}\\.(?:isError|error)\\b|=\\{${name}\\}|\\{ ${name} \\}`)
    return presses.length > 0 && !tells.test(source) && !source.includes('onError')
  })
}

test('no button keeps silent when its press is refused or nobody answers', () => {
  const sources = globSync('**/*.tsx', { cwd: CONSOLE, exclude: ['dist/**'] })
  const silent = sources.flatMap((file) =>
    silentIn(readFileSync(join(CONSOLE, file), 'utf8')).map((name) => `${file}: ${name}`),
  )
  expect(silent).toEqual([])
  expect(sources.length).toBeGreaterThan(100)
})

test('a press whose refusal is shown nowhere is found', () => {
  expect(silentIn('const end = useChange(x)\nend.mutate(1)')).toEqual(['end'])
  expect(silentIn('const end = useChange(x)\nend.mutate(1, { onError: refused })')).toEqual([])
  expect(silentIn('const end = useChange(x)\nend.mutate(1)\nend.isError && say(end.error)')).toEqual([])
})
