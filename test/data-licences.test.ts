import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join, matchesGlob } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const text = readFileSync(join(ROOT, 'docs/data-licences.md'), 'utf8')

/** Names in the first column of the table; a bare name belongs to the folder of the one before it. */
function namedFiles(): readonly string[] {
  let folder = ''
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''))
    .map((name) => {
      if (name.includes('/')) folder = dirname(name)
      return join(folder, basename(name))
    })
}

const DATA = /^(cloud\/zones\/data|cloud\/console\/public\/map|demo\/data|test\/data)\//
const known = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
const files = known.split('\n').filter((file) => DATA.test(file) && !/\.(md|ts)$|\/index\.json$/.test(file))

test.each(files)('%s is named with its licence', (file) => {
  expect(namedFiles().filter((name) => matchesGlob(file, name))).not.toEqual([])
})

test('no file is named that does not ship', () => {
  expect(namedFiles().filter((name) => !files.some((file) => matchesGlob(file, name)))).toEqual([])
})
