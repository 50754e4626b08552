import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAllowed, packages } from '../../bin/supply-chain.mjs'

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

test('every package comes from the lock with a hash, and only the runtime may run an install script', () => {
  const {
    packages: locked,
  }: {
    packages: Record<string, { integrity?: string; inBundle?: boolean; optional?: boolean }>
  } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const without = Object.entries(locked).filter(
    ([path, one]) => path !== '' && one.integrity === undefined && one.inBundle !== true && one.optional !== true,
  )
  expect(without.map(([path]) => path)).toEqual([])
  const { allowScripts }: { allowScripts: Record<string, boolean> } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(Object.entries(allowScripts).filter(([, may]) => may)).toEqual([['node', true]])
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
