import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { configHelp } from '../cloud/config.ts'
import { signerHelp } from '../cloud/signer/config.ts'
import { HELP as DEMO_HELP } from '../demo/config.ts'
import { HELP as EDGE_HELP } from '../edge/config.ts'
import { HELP as FLOWS_HELP } from '../flows/config.ts'

const ROOT = join(import.meta.dirname, '..')
/** Asked by tests alone: which servers must be there, and the long forms. */
const OF_TESTS = 'KORDON_REQUIRE_REAL KORDON_TRIPLES KORDON_FUZZ_PACKETS KORDON_TAMPERINGS'
const pages = ['*.md', 'docs/**/*.md'].flatMap((pattern) => globSync(pattern, { cwd: ROOT })).sort()
const read = (page: string) => readFileSync(join(ROOT, page), 'utf8')

test.each(pages)('%s: every link leads to a file, every path in code exists', (page) => {
  const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) =>
    join(dirname(page), link ?? ''),
  )
  const paths = [
    ...read(page).matchAll(/`((?:docs|contract|edge|cloud|deploy|flows|test|demo|device-profiles)\/[\w./-]+)`/g),
  ].map(([, path]) => path ?? '')
  // A build makes them.
  const built = (path: string) => /^(edge|cloud\/console)\/dist\b/.test(path)
  expect([...links, ...paths].filter((path) => !built(path) && !existsSync(join(ROOT, path)))).toEqual([])
})

test.each(pages)('%s: every variable is one that a --help lists', (page) => {
  const helps = `${configHelp()}${signerHelp()}${EDGE_HELP}${FLOWS_HELP}${DEMO_HELP}${read('deploy/example.env')} ${OF_TESTS}`
  const named = [...read(page).matchAll(/\b(?:KORDON|INFLUX|BROKER)_[A-Z_]*[A-Z]\b|\bDATABASE_URL\b/g)].map(
    ([name]) => name,
  )
  expect([...new Set(named)].filter((name) => !new RegExp(`\\b${name}\\b`).test(helps))).toEqual([])
})

test.each(pages)('%s names no machine of ours', (page) => {
  expect(read(page)).not.toMatch(/\/work\/|\/root\/|\/tmp\//)
})

const { scripts, dependencies, devDependencies } = JSON.parse(read('package.json'))
const sources = (...patterns: readonly string[]): string =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).map(read)).join('')
const commands = new Set(
  [
    ...sources('cloud/{cli,processes,broker}/main.ts', 'edge/cli/{main,edge-commands}.ts').matchAll(
      /(?:\.command\('|new Command\('kordon )([a-z-]+)'\)/g,
    ),
  ].map(([, name]) => name),
)
const benches = new Set(
  [...sources('test/bench/*.ts').matchAll(/^ {2}(?:name|group): '([\w-]+)'/gm)].map(([, name]) => name),
)
test.each(pages)('%s: every command is one that there is', (page) => {
  const text = read(page)
  const called = [...text.matchAll(/(?:^ *|`|&& )(?:npx )?kordon ([a-z]+)(?: ([a-z]+)(?=[ `\n]))?/gm)].filter(
    ([, first, second]) => !commands.has(first) || (second !== undefined && !commands.has(second)),
  )
  const run = [...text.matchAll(/npm run ([a-z]+)/g)].filter(([, name]) => !(name !== undefined && name in scripts))
  const measured = [...text.matchAll(/npm run bench -- ([a-z][\w-]*)/g)].filter(([, name]) => !benches.has(name))
  expect([...called, ...run, ...measured].map(([words]) => words)).toEqual([])
})

test('every page of the documentation is reached from the README', () => {
  const reached = new Set(['README.md'])
  for (const page of reached)
    for (const [, link = ''] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      const found = join(dirname(page), link)
      if (pages.includes(found)) reached.add(found)
    }
  expect(pages.filter((page) => !reached.has(page))).toEqual([])
})

const named = read('docs/dependencies.md')
test.each(Object.keys({ ...dependencies, ...devDependencies }))('the dependency %s has its line', (name) => {
  const family = name.replace(/\/.*/, '/*')
  const short = name.replace('@fastify/', '')
  expect([name, family, short].some((form) => named.includes(`\`${form}\``))).toBe(true)
})
