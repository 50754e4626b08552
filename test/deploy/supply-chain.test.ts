import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { breaches, isAllowed, type Lock, type Manifest, packages, undocumented } from '../../bin/supply-chain.mjs'

test('every package, of those that run and those that build, has a licence that is allowed', () => {
  const all = packages()
  expect(all.length).toBeGreaterThan(300)
  expect(
    all.filter(({ licence, name }) => !isAllowed(licence, name)).map(({ name, licence }) => `${name}: ${licence}`),
  ).toEqual([])
})

test.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0)', true],
  ['MIT AND GPL-3.0', false],
  ['(BSD-3-Clause AND Apache-2.0)', true],
  ['AGPL-3.0', false],
  ['none', false],
  ['UNLICENSED', false],
])('%s is allowed: %s', (expression, allowed) => {
  expect(isAllowed(expression)).toBe(allowed)
})

test('an exception is of one package and of one licence', () => {
  expect(isAllowed('Artistic-2.0', 'npm')).toBe(true)
  expect(isAllowed('Artistic-2.0', 'another')).toBe(false)
  expect(isAllowed('AGPL-3.0', 'npm')).toBe(false)
  expect(isAllowed('Artistic-2.0')).toBe(false)
})

const manifest: Manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const lock: Lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))

test('the lock keeps the policy, and only the runtime may run an install script', () => {
  expect(breaches(lock, manifest)).toEqual([])
  expect(undocumented(manifest, readFileSync('docs/dependencies.md', 'utf8'))).toEqual([])
  expect(Object.entries(manifest.allowScripts ?? {}).filter(([, may]) => may)).toEqual([['node', true]])
})

type Planted = Lock['packages'][string]
const withPackage = (path: string, change: Planted): Lock => ({
  ...lock,
  packages: { ...lock.packages, [path]: { ...lock.packages[path], ...change } },
})
const without = (path: string, member: string): Lock => ({
  ...lock,
  packages: {
    ...lock.packages,
    [path]: Object.fromEntries(Object.entries(lock.packages[path] ?? {}).filter(([name]) => name !== member)),
  },
})
const good = { version: '1.0.0', integrity: 'sha512-x' }
test.each<[string, Lock, RegExp]>([
  ['a hash taken away', without('node_modules/pino', 'integrity'), /pino: has no hash/],
  ['a weak hash', withPackage('node_modules/pino', { integrity: 'sha1-x' }), /pino: has no hash of 512 bits/],
  ['git', withPackage('node_modules/p', { ...good, resolved: 'git+ssh://git@host/p.git#1' }), /p: comes from git/],
  ['plain http', withPackage('node_modules/p', { ...good, resolved: 'http://host/p.tgz' }), /p: comes from http:/],
  ['a file', withPackage('node_modules/p', { ...good, resolved: 'file:../p.tgz' }), /p: comes from file:/],
  ['a folder', withPackage('../p', { ...good, link: true }), /a folder beside us/],
  ['an install script', withPackage('node_modules/p', { ...good, hasInstallScript: true }), /brings an install script/],
  [
    'one deep inside',
    withPackage('node_modules/a/node_modules/p', { ...good, hasInstallScript: true }),
    /a\/node_modules\/p: brings/,
  ],
  [
    'another version than wanted',
    withPackage('node_modules/pino', { version: '9.0.0' }),
    /pino: 10.4.0 is wanted, 9.0.0/,
  ],
  ['a range', withPackage('node_modules/p', { ...good, version: '^1.0.0' }), /\^1.0.0 is no exact version/],
  ['an old form', { ...lock, lockfileVersion: 2 }, /of version 2/],
])('planted in the lock, it is found: %s', (_name, planted, said) => {
  expect(breaches(planted, manifest).join('\n')).toMatch(said)
})

test.each<[string, Manifest, RegExp]>([
  [
    'a range',
    { ...manifest, dependencies: { ...manifest.dependencies, pino: '^10.4.0' } },
    /pino: \^10.4.0 is no exact/,
  ],
  [
    'a new one that was not locked',
    { ...manifest, devDependencies: { ...manifest.devDependencies, odd: '1.0.0' } },
    /odd: /,
  ],
  ['one taken out', { ...manifest, dependencies: {} }, /pino: locked, and not in the manifest/],
  [
    'a second script',
    { ...manifest, allowScripts: { ...manifest.allowScripts, odd: true } },
    /odd: its install script/,
  ],
  ['no list of scripts', { ...manifest, allowScripts: {} }, /node_modules\/node: brings an install script/],
])('planted in the manifest, it is found: %s', (_name, planted, said) => {
  expect(breaches(lock, planted).join('\n')).toMatch(said)
})

test('a dependency without a line of reason is found', () => {
  expect(undocumented({ dependencies: { '@scope/odd': '1.0.0', odd: '1.0.0' } }, '`@scope/*`, `other`')).toEqual([
    'odd',
  ])
})

test('the bill of materials names every package that runs', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-sbom-'))
  try {
    const file = join(dir, 'sbom.json')
    execFileSync(process.execPath, ['bin/supply-chain.mjs', 'sbom', file])
    const {
      components,
      bomFormat,
    }: { components: { name: string; group?: string; hashes?: unknown[] }[]; bomFormat: string } = JSON.parse(
      readFileSync(file, 'utf8'),
    )
    expect(bomFormat).toBe('CycloneDX')
    // All but what comes inside another package, whose hash is of the whole.
    expect(components.filter(({ hashes }) => hashes !== undefined).length).toBeGreaterThan(components.length * 0.7)
    const named = new Set(components.map(({ name, group }) => (group === undefined ? name : `${group}/${name}`)))
    expect(
      packages()
        .filter(({ use, optional, name }) => use === 'running' && !optional && !named.has(name))
        .map(({ name }) => name),
    ).toEqual([])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 60_000)
