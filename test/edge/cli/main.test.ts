import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const program = new URL('../../../edge/cli/main.ts', import.meta.url).pathname
const shipped = new URL('../../../device-profiles/teltonika-rut955.yaml', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'kordon-cli-'))
const broken = join(folder, 'teltonika-rut955.yaml')
writeFileSync(broken, readFileSync(shipped, 'utf8').replace('revision: 1', 'revision: one'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' })

test('the shipped profiles are checked when nothing is named', () => {
  const { status, stdout } = run('profile', 'check')
  expect(stdout).toMatch(/^\d+ profiles checked, no mistakes\.\n$/)
  expect(status).toBe(0)
})

test('a mistake is told by file, line and column, and the exit code says so', () => {
  const { status, stdout } = run('profile', 'check', broken, shipped)
  expect(stdout).toBe(`${broken}:4:1: revision: expected number, received string\n1 mistake in 1 of 2 profiles.\n`)
  expect(status).toBe(1)
})

test('as JSON for machines', () => {
  const { status, stdout } = run('profile', 'check', '--json', folder)
  expect(JSON.parse(stdout)).toEqual({
    checked: 1,
    mistakes: [{ file: broken, line: 4, column: 1, path: 'revision', reason: 'expected number, received string' }],
  })
  expect(status).toBe(1)
})

test.each([
  { name: 'a file that is not there', args: ['profile', 'check', 'nowhere.yaml'], says: /no such file: nowhere\.yaml/ },
  { name: 'an unknown option', args: ['profile', 'check', '--fast'], says: /unknown option/ },
  { name: 'an unknown command', args: ['profile', 'mend'], says: /unknown command/ },
])('$name is a mistake of the caller: exit code 2', ({ args, says }) => {
  const { status, stderr } = run(...args)
  expect(stderr).toMatch(says)
  expect(status).toBe(2)
})
