import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EDGE_FLAGS } from '../../bin/installation.mjs'

const root = new URL('../../', import.meta.url).pathname
const unitFile = `${root}deploy/systemd/kordon-edge.service`
const unit = readFileSync(unitFile, 'utf8')
const said = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(unit)?.[1]
const dockerfile = readFileSync(`${root}Dockerfile`, 'utf8')
const stage = (name: string): string =>
  new RegExp(`FROM \\S+ AS ${name}\\n[^]*?(?=\\nFROM |$)`).exec(dockerfile)?.[0] ?? ''

test.each([
  ['Restart', 'always'],
  ['StartLimitIntervalSec', '0'],
  ['WatchdogSec', '60'],
  ['NotifyAccess', 'all'],
  ['Type', 'notify'],
  ['User', 'kordon'],
  ['ProtectSystem', 'strict'],
  ['NoNewPrivileges', 'yes'],
  ['CapabilityBoundingSet', ''],
  ['MemoryMax', '200M'],
  ['StateDirectoryMode', '0700'],
])('the unit says %s=%s', (key, value) => {
  expect(said(key)).toBe(value)
})

test('the unit starts a file that is there, and gives it a folder that it may write', () => {
  expect(said('ExecStart')).toBe(`/usr/bin/node ${EDGE_FLAGS.join(' ')} /opt/kordon/edge/dist/main.mjs`)
  expect(unit).toContain(`KORDON_EDGE_DIR=/var/lib/${said('StateDirectory')}`)
})

test.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
  'systemd finds nothing wrong with the unit',
  () => {
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', unitFile], { encoding: 'utf8' })
    // A machine that is not the gateway has another Node, or none at that place.
    const wrong = stderr.split('\n').filter((line) => line.includes('kordon-edge') && !line.includes('/usr/bin/node'))
    expect(wrong).toEqual([])
    if (existsSync('/usr/bin/node')) expect(status).toBe(0)
  },
)

test('the image of the gateway has every folder its program imports, and only those', () => {
  const copied = [...stage('edge').matchAll(/COPY --from=lean \/kordon\/(\S+) /g)].map(([, path]) => path)
  expect(copied).toEqual(['package.json', 'node_modules', 'contract', 'edge', 'bin', 'device-profiles'])
  const imported = new Set(
    readdirSync(`${root}edge`, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => [
        ...readFileSync(`${root}edge/${path}`, 'utf8').matchAll(
          /from '((?:#|(?:\.\.\/)+)(?:contract|cloud|demo|flows|deploy)\/)/g,
        ),
      ])
      .map(([, from]) => from),
  )
  expect([...imported]).toEqual(['#contract/'])
})

test('it runs as nobody special, on a base that exists for both processors, and ends a hung event loop itself', () => {
  expect(stage('edge')).toMatch(/^FROM base AS edge/)
  const base = stage('base')
  expect(base).toMatch(/^FROM node:26-\S+ AS base/)
  expect(base).not.toContain('--platform')
  expect(base).toContain('USER kordon')
  expect(stage('edge')).toContain('KORDON_EDGE_WATCHDOG_S=60')
})

test.each(['linux-arm64', 'linux-x64'])('serial ports need no compiler on %s', (platform) => {
  const built = readdirSync(`${root}node_modules/@serialport/bindings-cpp/prebuilds/${platform}`)
  expect(built.filter((name) => name.includes('glibc') && name.endsWith('.node'))).toHaveLength(1)
})

test('the image starts the gateway as its service does, built for neither processor and compiled by nobody', () => {
  expect(stage('edge')).toContain(
    `CMD ${JSON.stringify(['node', ...EDGE_FLAGS, 'edge/dist/main.mjs']).replaceAll(',', ', ')}`,
  )
  expect(stage('build')).toContain('node bin/build-edge.mjs')
  const orders = dockerfile.split('\n').filter((line) => !line.startsWith('#'))
  expect(orders.join('\n')).not.toMatch(/--platform|apt-get|node-gyp|amd64|x86.64/)
})

test('every package a gateway loads is free of compiling: its one native part comes prebuilt for arm64 and x86-64', () => {
  const prebuilds = `${root}node_modules/@serialport/bindings-cpp/prebuilds`
  const machineOf = (file: string): number => readFileSync(`${prebuilds}/${file}`).readUInt16LE(18)
  // e_machine of the ELF head: 183 is AArch64, 62 is x86-64.
  expect(machineOf('linux-arm64/@serialport+bindings-cpp.armv8.glibc.node')).toBe(183)
  expect(machineOf('linux-x64/@serialport+bindings-cpp.glibc.node')).toBe(62)
})

test('the lock carries what the build needs on an arm64 machine', () => {
  const { packages }: { packages: Record<string, object> } = JSON.parse(
    readFileSync(`${root}package-lock.json`, 'utf8'),
  )
  expect(Object.keys(packages)).toEqual(
    expect.arrayContaining([
      'node_modules/@rolldown/binding-linux-arm64-gnu',
      'node_modules/@rolldown/binding-linux-x64-gnu',
    ]),
  )
})
