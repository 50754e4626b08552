import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  checkConstruction,
  checkDirection,
  checkFile,
  checkForm,
  checkPurity,
  checkWorldWords,
  findCycles,
  listOutliers,
} from './support/law.ts'
import { readSource } from './support/law-source.ts'

const ROOT = new URL('../', import.meta.url).pathname
const HOUSE = ['contract', 'edge', 'cloud', 'demo', 'flows']

const filesOf = (folder: string): string[] =>
  readdirSync(`${ROOT}${folder}`, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`
    if (entry.isDirectory()) return entry.name === 'dist' || entry.name === 'node_modules' ? [] : filesOf(path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })

const paths = HOUSE.flatMap(filesOf).sort()
const read = (path: string) => readSource(path, readFileSync(`${ROOT}${path}`, 'utf8'))

test.each(paths)('law: %s', (path) => {
  expect(checkFile(read(path))).toEqual([])
})

test('no ring of value imports', () => {
  expect(findCycles(paths.map(read)).map((ring) => ring.join(' → '))).toEqual([])
})

test('the largest files and functions and the names off the list are printed, and fail nothing', () => {
  const outliers = listOutliers(paths.map(read))
  process.stdout.write(outliers.map((line) => `question: ${line}\n`).join(''))
})

const checks = { checkConstruction, checkDirection, checkForm, checkPurity, checkWorldWords }
const breaches = (check: keyof typeof checks, path: string, text: string) => checks[check](readSource(path, text))

describe('the law can fail', () => {
  test.each([
    // direction
    [
      'checkDirection',
      'edge/poll/poll-loop.ts',
      `import { a } from '../../cloud/config.ts'`,
      'edge/ may not import cloud/config.ts',
    ],
    [
      'checkDirection',
      'edge/poll/poll-loop.ts',
      `import type { A } from '../cli/main.ts'`,
      'edge/ may not import edge/cli/main.ts',
    ],
    [
      'checkDirection',
      'edge/cli/pairing.ts',
      `import { a } from '../outbox/outbox-store.ts'`,
      'edge/cli/ may not import',
    ],
    [
      'checkDirection',
      'edge/cli/pairing.ts',
      `import { a } from '../config.ts'`,
      'edge/cli/ may not import edge/config.ts',
    ],
    [
      'checkDirection',
      'cloud/cli/login.ts',
      `import type { A } from '../people/account.ts'`,
      'cloud/cli/ may not import',
    ],
    ['checkDirection', 'cloud/app.ts', `import { a } from './console/main.tsx'`, 'cloud/ may not import cloud/console'],
    ['checkDirection', 'cloud/app.ts', `import { a } from '../edge/app.ts'`, 'cloud/ may not import edge/app.ts'],
    ['checkDirection', 'demo/car.ts', `import { a } from '../edge/config.ts'`, 'demo/ may not import edge/config.ts'],
    ['checkDirection', 'demo/car.ts', `import { a } from '../test/support/manual-clock.ts'`, 'may not import test/'],
    ['checkDirection', 'contract/order.ts', `import { a } from '../edge/config.ts'`, 'contract/ may not import'],
    ['checkDirection', 'contract/order.ts', `import { createHash } from 'node:crypto'`, 'contract imports zod only'],
    ['checkDirection', 'contract/order.ts', `import type { A } from 'jose'`, 'contract imports zod only'],
    ['checkDirection', 'edge/app.ts', `import { a } from '../contract/order.ts'`, `is written '#contract/order.ts'`],
    ['checkDirection', 'edge/app.ts', `import { a } from './config'`, 'carries no .ts'],
    ['checkDirection', 'edge/app.ts', `import { a } from '#contract/order'`, 'carries no .ts'],
    ['checkDirection', 'edge/app.ts', `export { a } from '../flows/main.ts'`, 'may not import flows/'],
    ['checkDirection', 'edge/app.ts', `type A = import('../cloud/config.ts').A`, 'may not import cloud/config.ts'],
    ['checkDirection', 'cloud/console/map/map.tsx', `import { Frame } from '#contract/frame.ts'`, 'types only'],
    ['checkDirection', 'cloud/console/map/map.tsx', `import { z } from 'zod'`, 'browser bundle'],
    ['checkDirection', 'cloud/console/map/map.tsx', `import '../../config.ts'`, 'may not import cloud/config.ts'],
    ['checkDirection', 'flows/main.ts', `import { a } from '#contract/order.ts'`, 'flows/ may not import'],
    // purity
    ['checkPurity', 'edge/interlock/interlock.ts', `import { readFileSync } from 'node:fs'`, 'imports'],
    ['checkPurity', 'edge/interlock/interlock.ts', `import fs from 'fs'`, 'imports'],
    ['checkPurity', 'edge/interlock/interlock.ts', `import mqtt from 'mqtt'`, 'imports'],
    ['checkPurity', 'edge/interlock/interlock.ts', `import { a, type B } from '../outbox/outbox-store.ts'`, 'imports'],
    ['checkPurity', 'edge/interlock/interlock.ts', `import '../outbox/outbox-store.ts'`, 'imports'],
    ['checkPurity', 'edge/interlock/interlock.ts', `setTimeout(() => {}, 1)`, 'calls setTimeout'],
    ['checkPurity', 'contract/order.ts', `export const f = () => fetch('x')`, 'calls fetch'],
    // world words
    ['checkWorldWords', 'edge/interlock/interlock.ts', 'const t = Date.now()', 'Date.now'],
    ['checkWorldWords', 'edge/outbox/outbox-store.ts', 'const t = new Date()', 'new Date()'],
    ['checkWorldWords', 'edge/app.ts', 'const t = performance.now()', 'performance.now'],
    ['checkWorldWords', 'cloud/app.ts', 'const t = Math.random()', 'Math.random'],
    ['checkWorldWords', 'cloud/app.ts', 'const t = crypto.randomUUID()', 'crypto.randomUUID'],
    ['checkWorldWords', 'cloud/app.ts', `import { randomUUID } from 'node:crypto'`, 'randomUUID'],
    ['checkWorldWords', 'cloud/app.ts', `import process from 'node:process'`, 'process'],
    ['checkWorldWords', 'cloud/config.ts', `const t = process.env['A']`, 'process.env'],
    ['checkWorldWords', 'cloud/config.ts', `console.log(1)`, 'console.log'],
    ['checkWorldWords', 'cloud/config.ts', `globalThis.setTimeout(f, 1)`, 'globalThis.setTimeout'],
    // construction
    [
      'checkConstruction',
      'cloud/holds/hold-service.ts',
      `import { createHoldStore } from './hold-store.ts'`,
      'import its type',
    ],
    ['checkConstruction', 'cloud/holds/hold.ts', `export { a } from './hold-store.ts'`, 'import its type'],
    ['checkConstruction', 'edge/cli/pairing.ts', `import { a } from '../modbus/modbus-client.ts'`, 'import its type'],
    ['checkConstruction', 'demo/fleet-loop.ts', `import { createGateway } from '../edge/app.ts'`, 'import its type'],
    // form
    ['checkForm', 'edge/app.ts', `const a = await import('./b.ts')`, 'import()'],
    ['checkForm', 'edge/app.ts', `const a = require('b')`, 'require'],
    ['checkForm', 'edge/app.ts', 'export default 1', 'export default'],
    ['checkForm', 'edge/app.ts', `export * from './b.ts'`, 'export *'],
    ['checkForm', 'edge/app.ts', 'declare global { interface A { b: 1 } }', 'declare global'],
    ['checkForm', 'cloud/app.ts', `declare module 'fastify' { interface FastifyInstance { b: 1 } }`, 'declare module'],
    ['checkForm', 'cloud/app.ts', `declare module './b.ts' { interface B { b: 1 } }`, 'declare module'],
    ['checkForm', 'edge/app.ts', `const t = \`kordon/v1/\${id}/up/records\``, 'contract/topics.ts'],
    ['checkForm', 'edge/app.ts', `const t = root + '/down/order'`, 'contract/topics.ts'],
    ['checkForm', 'cloud/app.ts', `const t = 'owntracks/+/+'`, 'contract/topics.ts'],
  ] as const)('%s: %s with «%s»', (check, path, text, expected) => {
    expect(breaches(check, path, text)).toEqual([expect.stringContaining(expected)])
  })

  test('a ring is found and printed', () => {
    const ring = [
      readSource('edge/a.ts', `import { b } from './b.ts'`),
      readSource('edge/b.ts', `import { c } from './c.ts'`),
      readSource('edge/c.ts', `import { a } from './a.ts'`),
    ]
    expect(findCycles(ring)).toEqual([['edge/a.ts', 'edge/b.ts', 'edge/c.ts', 'edge/a.ts']])
  })

  test('a long file, a long function and a drawer are listed', () => {
    const long = readSource('edge/utils.ts', `export function f() {\n${'  g()\n'.repeat(300)}}\n`)
    expect(listOutliers([long])).toEqual([
      'name  edge/utils.ts',
      'file  302 lines  edge/utils.ts',
      'function  302 lines  edge/utils.ts:1 f',
    ])
  })

  test('a file that does not parse names itself', () => {
    expect(() => readSource('edge/a.ts', 'const = 1')).toThrow('edge/a.ts')
  })
})

describe('the law lets pass', () => {
  test.each([
    [
      'edge/interlock/interlock.ts',
      `import { z } from 'zod'\nimport type { A } from '../outbox/outbox-store.ts'\nimport { later } from '#contract/instant.ts'`,
    ],
    [
      'edge/interlock/interlock.ts',
      'export const f = (fetch: () => void, at: number) => { fetch(); return new Date(at) }',
    ],
    ['cloud/zones/zone.ts', `import Flatbush from 'flatbush'`],
    ['cloud/orders/order-store.ts', `import { sql } from 'kysely'\nimport { advance } from './order-state.ts'`],
    ['cloud/app.ts', `import { createOrderStore } from './orders/order-store.ts'`],
    ['cloud/main.ts', `import { createCloud } from './app.ts'\nprocess.exitCode = Date.now()`],
    ['demo/main.ts', `import { createGateway } from '../edge/app.ts'`],
    ['cloud/cli/provision.ts', `import { createApi } from './api-client.ts'\nconsole.log(new Date())`],
    [
      'cloud/console/main.tsx',
      `import './style.css'\nimport type { Frame } from '#contract/frame.ts'\nconst page = () => import('./page.tsx')`,
    ],
    ['cloud/console/vite.config.ts', `import { join } from 'node:path'\nexport default {}`],
    ['cloud/http/access.ts', `declare module 'fastify' { interface FastifyContextConfig { roles: string[] } }`],
  ])('%s: «%s»', (path, text) => {
    expect(checkFile(readSource(path, text))).toEqual([])
  })

  test('a ring of types only', () => {
    const ring = [
      readSource('edge/a.ts', `import type { B } from './b.ts'`),
      readSource('edge/b.ts', `import { a } from './a.ts'`),
    ]
    expect(findCycles(ring)).toEqual([])
  })
})
