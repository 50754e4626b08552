import { expect, test } from 'vitest'
import { HELP, parseConfig } from '../../edge/config.ts'
import { parseInstallation } from '../../edge/installation-store.ts'
import { reconnectPause } from '../../edge/uplink/reconnect-pause.ts'

test('an empty environment is usable, and means the defaults', () => {
  expect(parseConfig({ PATH: '/bin' })).toEqual({
    KORDON_EDGE_DIR: './gateway',
    KORDON_EDGE_TRANSPORT: 'certificate',
    KORDON_EDGE_BROKER_VERSION: '4',
    KORDON_EDGE_CLOCK: 'auto',
    KORDON_EDGE_ENCODING: 'compact',
    KORDON_EDGE_SEND_EVERY: 0,
    KORDON_EDGE_FRAMES_MB: 256,
    KORDON_EDGE_ALLOW_RUNNING_CIRCUIT_CUT: 'no',
    KORDON_EDGE_LOCAL_PORT: 0,
    KORDON_EDGE_LOCAL_HOST: '127.0.0.1',
    KORDON_EDGE_CONTROL: 'on',
    KORDON_EDGE_WATCHDOG_S: 0,
    KORDON_LOG_LEVEL: 'info',
  })
})

test('one error names every wrong variable, a mistyped name among them', () => {
  const wrong = {
    KORDON_EDGE_CLOUD_URL: 'example',
    KORDON_EDGE_CLAIM_CODE: 'short',
    KORDON_EDGE_FRAMES_MB: 'many',
    KORDON_EDGE_BROKER_VERSION: '3',
    KORDON_EDGE_CLOUDURL: 'http://cloud.example',
  }
  for (const name of Object.keys(wrong)) expect(() => parseConfig(wrong)).toThrow(`  ${name}: `)
})

test('help names every variable', () => {
  for (const name of Object.keys(parseConfig({}))) expect(HELP).toContain(name)
})

const GOOD = `schema: kordon-installation/1
version: 1
vehicleId: 3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11
devices:
  - id: relay
    profile: waveshare-relay-8ch
    port: { kind: modbusRtu, path: /dev/ttyUSB0 }
`

test('an installation is read', () => {
  expect(parseInstallation(GOOD, 'installation.yaml').devices[0]?.id).toBe('relay')
})

test.each([
  { name: 'an unknown key', text: `${GOOD}blocked: true\n`, says: 'unknown key: blocked' },
  { name: 'a wrong port', text: GOOD.replace('path: /dev/ttyUSB0', 'baud: 9600'), says: 'installation.yaml:7:' },
  { name: 'a wrong version', text: GOOD.replace('version: 1', 'version: one'), says: 'installation.yaml:2:' },
  { name: 'a key twice', text: `${GOOD}version: 2\n`, says: 'installation.yaml:8:' },
  { name: 'an empty file', text: '', says: 'installation.yaml:' },
])('an installation with $name is refused by line', ({ text, says }) => {
  expect(() => parseInstallation(text, 'installation.yaml')).toThrow(says)
})

test.each([
  { failures: 0, from: 500, to: 1000 },
  { failures: 1, from: 1000, to: 2000 },
  { failures: 6, from: 30_000, to: 60_000 },
  { failures: 5000, from: 30_000, to: 60_000 },
])('after $failures failures the next connection waits $from to $to ms', ({ failures, from, to }) => {
  expect(reconnectPause(failures, 0)).toBe(from)
  expect(reconnectPause(failures, 1)).toBe(to)
})
