import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'

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
  expect(stdout).toBe(
    `${broken}:4:1: revision: expected a number, but this is a text\n1 mistake in 1 file of 2 profiles.\n`,
  )
  expect(status).toBe(1)
})

test('as JSON for machines', () => {
  const { status, stdout } = run('profile', 'check', '--json', folder)
  expect(JSON.parse(stdout)).toEqual({
    checked: 1,
    mistakes: [{ file: broken, line: 4, column: 1, path: 'revision', reason: 'expected a number, but this is a text' }],
  })
  expect(status).toBe(1)
})

test('a profile without samples, and samples without a profile, are mistakes', () => {
  const lone = mkdtempSync(join(folder, 'lone-'))
  const file = join(lone, 'teltonika-rut955.yaml')
  writeFileSync(file, readFileSync(shipped))
  mkdirSync(join(lone, 'samples'))
  writeFileSync(join(lone, 'samples', 'other-unit.yaml'), '')
  const { status, stdout } = run('profile', 'check', lone)
  expect(stdout.split('\n').slice(0, 2)).toEqual([
    `${file}:1:1: has no samples: ${join(lone, 'samples', 'teltonika-rut955.yaml')} is not there`,
    `${join(lone, 'samples', 'other-unit.yaml')}:1:1: samples of a profile that is not there: other-unit.yaml`,
  ])
  expect(status).toBe(1)
})

describe('profile new', () => {
  const begun = mkdtempSync(join(tmpdir(), 'kordon-new-'))
  afterAll(() => rmSync(begun, { recursive: true }))
  const begin = (model: string, transport: string, kind: string) =>
    run('profile', 'new', '--brand', 'Acme', '--model', model, '--transport', transport, '--kind', kind, '--dir', begun)

  test.each([
    ['modbus-tcp', 'relay'],
    ['modbus-rtu', 'relay'],
    ['modbus-rtu', 'gps'],
    ['modbus-tcp', 'inputs'],
    ['mqtt', 'relay'],
    ['mqtt', 'gps'],
    ['mqtt', 'inputs'],
    ['nmea', 'gps'],
    ['gpsd', 'gps'],
  ])('over %s a %s: a profile and samples', (transport, kind) => {
    const { status, stdout } = begin(`${transport} ${kind}`, transport, kind)
    const file = join(begun, `acme-${transport}-${kind}.yaml`)
    expect(stdout.split('\n').slice(0, 2)).toEqual([file, join(begun, 'samples', `acme-${transport}-${kind}.yaml`)])
    expect(status).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('status: experimental')
  })

  test('all of which pass their check', () => {
    expect(run('profile', 'check', begun)).toMatchObject({ status: 0, stdout: '9 profiles checked, no mistakes.\n' })
  })

  test('never writes over a profile that is there', () => {
    begin('kept', 'mqtt', 'relay')
    const file = join(begun, 'acme-kept.yaml')
    writeFileSync(file, 'mine')
    const { status, stderr } = begin('kept', 'mqtt', 'relay')
    expect(stderr).toBe(`${file} is there already\n`)
    expect([status, readFileSync(file, 'utf8')]).toEqual([2, 'mine'])
  })

  test.each([
    {
      name: 'what is missing, all of it',
      args: ['--brand', 'Acme'],
      says: /still to be said: --model, --transport, --kind/,
    },
    {
      name: 'a transport that there is not',
      args: ['--brand', 'A', '--model', 'B', '--kind', 'gps', '--transport', 'can'],
      says: /--transport: expected modbus-tcp, modbus-rtu, mqtt, nmea, gpsd/,
    },
    {
      name: 'a relay on NMEA',
      args: ['--brand', 'A', '--model', 'B', '--kind', 'relay', '--transport', 'nmea'],
      says: /over nmea there is no relay/,
    },
    {
      name: 'a name of no Latin letter',
      args: ['--brand', 'Я', '--model', 'B', '--kind', 'gps', '--transport', 'nmea'],
      says: /a Latin letter or a digit/,
    },
  ])('without a terminal it names $name: exit code 2', ({ args, says }) => {
    const { status, stderr } = run('profile', 'new', ...args, '--dir', begun)
    expect(stderr).toMatch(says)
    expect(status).toBe(2)
  })
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

test('a disk that takes nothing is told, not thrown: exit code 1', () => {
  const { status, stdout, stderr } = run('edge', 'doctor', '--dir', '/dev/null/gateway')
  expect(stderr).toContain('takes no file, so this step is not on the sheet')
  expect(`${stdout}${stderr}`).not.toMatch(/^ {4}at /m)
  expect(status).toBe(1)
})
