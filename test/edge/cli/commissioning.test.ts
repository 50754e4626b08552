import { execFile } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { compactVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { CommissioningSheet, SHEET_TYP } from '#contract/commissioning.ts'
import { Installation } from '#contract/installation.ts'
import { epochMs } from '#contract/instant.ts'
import type { Gateway } from '../../../edge/app.ts'
import { identified } from '../../../edge/cli/line-scan.ts'
import { keepResult } from '../../../edge/cli/sheet-file.ts'
import { createEdgeRig, type EdgeRig, GATEWAY } from '../../support/edge-rig.ts'
import { png } from '../../support/pictures.ts'

const program = new URL('../../../edge/cli/main.ts', import.meta.url).pathname
type Said = { readonly code: number; readonly json: Record<string, unknown>; readonly stderr: string }

let rig: EdgeRig
let gateway: Gateway | undefined
const took: Record<string, number> = {}

/** The command in a process of its own, as a technician would run it. */
const kordon = (...args: readonly string[]): Promise<Said> =>
  new Promise((done) => {
    const began = performance.now()
    const env = {
      ...process.env,
      KORDON_EDGE_DIR: rig.dir,
      KORDON_TECHNICIAN: 'Иванов',
      HOME: rig.dir,
      KORDON_TOKEN: '',
      KORDON_URL: '',
    }
    execFile(
      process.execPath,
      [program, 'edge', ...args, '--json'],
      { env, encoding: 'utf8' },
      (error, stdout, stderr) => {
        took[args.slice(0, 2).join(' ')] = Math.round(performance.now() - began) / 1000
        const code = error === null ? 0 : Number(error.code)
        done({ code, json: stdout.startsWith('{') ? JSON.parse(stdout) : {}, stderr })
      },
    )
  })
const installed = (): Installation =>
  Installation.parse(parse(readFileSync(join(rig.dir, 'installation.yaml'), 'utf8')))
const addressOf = (device: string): string => {
  const port = rig.installation.devices.find(({ id }) => id === device)?.port
  return port !== undefined && 'host' in port ? `tcp:${port.host}:${port.port}` : ''
}
const told = (name: string) =>
  rig.cloud.delivered.flatMap(({ record }) => (record.kind === 'event' && record.name === name ? [record.data] : []))
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 45_000, interval: 20 })

beforeAll(async () => {
  rig = await createEdgeRig({ speed: 20, identity: 'certificate' })
})
afterAll(async () => {
  console.log('seconds per command', took)
  await rig.close()
})

describe('a car is commissioned from the first command to the seal', () => {
  test('doctor: all that can be seen is good', async () => {
    const { code, json } = await kordon('doctor')
    expect(json).toMatchObject({ step: 'doctor', outcome: 'passed' })
    expect(code).toBe(0)
  })

  test('scan: both units are found, by reading only', async () => {
    const relay = await kordon('scan', '--port', addressOf('relay'), '--units', '1-2')
    expect(relay.json).toMatchObject({ outcome: 'passed', found: [{ unit: 1 }] })
    expect(JSON.stringify(relay.json)).toContain('waveshare-relay-8ch')
    const gps = await kordon('scan', '--port', addressOf('gps'), '--units', '1')
    expect(JSON.stringify(gps.json)).toContain('ebyte-e108-d01')
    expect(rig.switches).toEqual([])
  })

  test('pair: the car by its VIN', async () => {
    expect((await kordon('pair', '--vehicle', '--vin', 'XZ8LM2C49P1234567')).json).toMatchObject({ step: 'vehicle' })
  })

  test('pair: each device is one more version of the installation', async () => {
    expect((await kordon('pair', '--device', addressOf('gps'), 'ebyte-e108-d01', '--unit', '1')).code).toBe(0)
    const { code } = await kordon(
      'pair',
      '--device',
      addressOf('relay'),
      'waveshare-relay-8ch',
      '--unit',
      '1',
      '--drives',
      'starter',
      '--ignition',
      'input1',
    )
    expect(code).toBe(0)
    expect(installed()).toMatchObject({
      version: 2,
      devices: [{ id: 'gps' }, { id: 'relay' }],
      ignition: { device: 'relay', reading: 'input1' },
      immobilizer: { device: 'relay', circuit: 'starter', contact: 'normally-closed' },
    })
  })

  test('the service starts with what was paired, its socket for its own user only, unsealed', async () => {
    const started = rig.start({
      installation: installed(),
      readInstallation: installed,
      controlSocket: join(rig.dir, 'control.sock'),
      localPage: { host: '127.0.0.1', port: 0 },
    })
    gateway = started.gateway
    await until(() => expect(started.gateway.status().uplink).toBe('connected'))
    expect(statSync(join(rig.dir, 'control.sock')).mode & 0o777).toBe(0o600)
    expect(started.gateway.view().seal).toBe('never')
  })

  test('a line that the service polls is not scanned', async () => {
    expect(await kordon('scan', '--port', addressOf('relay'))).toMatchObject({ code: 2 })
  })

  test('gps: a fix, and a minute without drift', async () => {
    const { code, json } = await kordon('test', 'gps')
    expect(json).toMatchObject({ step: 'gps', outcome: 'passed' })
    expect(code).toBe(0)
  })

  test('ignition: the key twice, each edge once', async () => {
    const asked = kordon('test', 'ignition')
    // Turned for as long as it is asked for: when the command begins to look is its own affair. Never before the gateway has
    // read the last turn, however much the machine lags: a person's hand is slower than any line.
    let isOver = false
    const turned = (async () => {
      while (!isOver) {
        await until(() => expect(gateway?.status().lastFrame?.ignition).toBe(rig.car.ignition))
        await pause(700)
        rig.car.ignition = !rig.car.ignition
      }
    })()
    const { json } = await asked
    isOver = true
    await turned
    rig.car.ignition = false
    expect(json).toMatchObject({ step: 'ignition', outcome: 'passed' })
  })

  test('a seal before the relay was proved is refused, with every reason', async () => {
    const { code, json } = await kordon('seal')
    expect(code).toBe(1)
    expect(JSON.stringify(json)).toContain('relay: not done yet')
  })

  test('a note takes the place of no wire', async () => {
    const file = join(rig.dir, 'commissioning.json')
    const before = readFileSync(file)
    keepResult(rig.dir, { step: 'ignition', outcome: 'accepted', at: epochMs(1), facts: [], note: 'later' })
    const { code, json } = await kordon('seal')
    writeFileSync(file, before)
    expect(JSON.stringify(json)).toContain('ignition: a note does not take the place of a passed test')
    expect(code).toBe(1)
  })

  test('relay: only of a parked car; blocked and freed under the interlock, read back both times', async () => {
    expect((await kordon('test', 'relay', '--answers', 'no,yes,yes')).code).toBe(2)
    const { code, json } = await kordon('test', 'relay', '--parked', '--answers', 'no,yes,yes')
    expect(json).toMatchObject({ step: 'relay', outcome: 'passed' })
    expect(code).toBe(0)
    expect(rig.switches).toEqual([true, false])
    expect(rig.coils()[0]).toBe(false)
    // The cloud hears of a test, and of no order that it never gave.
    await until(() => expect(told('relay-test').map(({ state }) => state)).toContain('verified'))
    expect(rig.cloud.delivered.filter(({ record }) => record.kind === 'report')).toEqual([])
  })

  test('seal: the sheet is signed by the gateway’s own key, kept, told; and a block is now possible', async () => {
    const photo = join(rig.dir, 'relay.png')
    writeFileSync(photo, png())
    const { code, json } = await kordon('seal', '--note', 'Solaris, реле под панелью', '--photo', photo)
    expect(json['state']).toBe('sealed, upload pending')
    expect(code).toBe(0)
    const sheet = String(json['sheet'])
    const [header = ''] = sheet.split('.')
    const { x5c, typ } = JSON.parse(Buffer.from(header, 'base64url').toString())
    expect(typ).toBe(SHEET_TYP)
    const certificate = new X509Certificate(Buffer.from(x5c[0], 'base64'))
    const { payload } = await compactVerify(sheet, certificate.publicKey)
    const claims = CommissioningSheet.parse(JSON.parse(new TextDecoder().decode(payload)))
    expect(certificate.subject).toContain(GATEWAY)
    const vehicle = { vin: 'XZ8LM2C49P1234567' }
    const sha256 = createHash('sha256').update(png()).digest('hex')
    const taken = { name: 'relay.png', type: 'image/png', bytes: png().length, sha256, location: 'none' }
    expect(claims.photos).toEqual([taken])
    expect(claims).toMatchObject({ gatewayId: GATEWAY, vehicle, by: 'Иванов', wiring: gateway?.view().wiring })
    expect(claims.profiles.map(({ profile, revision }) => [profile, revision])).toEqual([
      ['waveshare-relay-8ch', expect.any(Number)],
    ])
    expect(claims.results.map(({ step, outcome }) => [step, outcome])).toEqual(
      ['doctor', 'scan', 'vehicle', 'device', 'gps', 'ignition', 'relay'].map((step) => [step, 'passed']),
    )
    await until(() => expect(told('sealed')).toHaveLength(1))
    await until(() => expect(gateway?.status().uplink).toBe('connected'))
    const block = rig.claims('block', 1)
    await rig.cloud.order(GATEWAY, await rig.cloud.sign(block))
    await until(() => expect(rig.reports(block.orderId).at(-1)?.state).toBe('verified'))
    const free = rig.claims('unblock', 2)
    await rig.cloud.order(GATEWAY, await rig.cloud.sign(free))
    await until(() => expect(rig.reports(free.orderId).at(-1)?.state).toBe('verified'))
  })

  test('the status page is small and has no script; the metrics are Prometheus’s', async () => {
    const base = `http://127.0.0.1:${gateway?.status().localPort}`
    const page = await (await fetch(`${base}/status`)).text()
    expect(Buffer.byteLength(page)).toBeLessThan(10_240)
    expect(page).not.toMatch(/<script|55\.75/)
    expect(page).toContain('опломбирован')
    const metrics = await (await fetch(`${base}/metrics`)).text()
    expect(metrics).toContain('kordon_edge_sealed 1')
    expect(
      metrics
        .split('\n')
        .filter((line) => !/^(# (HELP|TYPE) kordon_edge_|kordon_edge_\w+(\{[^}]*\})? -?[\d.e+]+$|$)/.test(line)),
    ).toEqual([])
    expect((await fetch(`${base}/view`)).status).not.toBe(200)
    expect((await fetch(`${base}/status`, { headers: { host: 'evil.example' } })).status).toBeLessThan(500)
  })

  test('another ignition input breaks the seal: told, and blocks are refused until sealed again', async () => {
    const { code } = await kordon(
      'pair',
      '--device',
      addressOf('relay'),
      'waveshare-relay-8ch',
      '--unit',
      '1',
      '--drives',
      'starter',
      '--ignition',
      'input2',
    )
    expect(code).toBe(0)
    await until(() => expect(told('seal-broken')).toHaveLength(1))
    await until(() => expect(gateway?.status().uplink).toBe('connected'))
    const block = rig.claims('block', 3)
    await rig.cloud.order(GATEWAY, await rig.cloud.sign(block))
    await until(() =>
      expect(rig.reports(block.orderId).at(-1)).toMatchObject({ state: 'refused', reason: 'not-commissioned' }),
    )
    expect(await kordon('seal')).toMatchObject({ code: 1 })
  })

  test('a mistake of the caller is exit 2, a service that is away exit 1', async () => {
    expect((await kordon('pair', '--device', 'nowhere', 'waveshare-relay-8ch')).code).toBe(2)
    expect((await kordon('pair', '--device', addressOf('relay'), 'nobody-nothing')).code).toBe(2)
    expect((await kordon('test', 'gps', '--dir', join(rig.dir, 'elsewhere'))).code).toBe(1)
  })
})

test.each([
  { name: 'a number in range', read: { type: 'uint16' }, accept: { range: [100, 999] }, words: [200], says: '200' },
  {
    name: 'a number out of range',
    read: { type: 'uint16' },
    accept: { range: [100, 999] },
    words: [16],
    says: undefined,
  },
  {
    name: 'digits',
    read: { type: 'ascii' },
    accept: { charset: 'digits', length: [4, 4] },
    words: [0x3132, 0x3334],
    says: '1234',
  },
  {
    name: 'letters where digits are due',
    read: { type: 'ascii' },
    accept: { charset: 'digits' },
    words: [0x4142],
    says: undefined,
  },
] as const)('identify: $name → $says', ({ read, accept, words, says }) => {
  const identify = {
    read: { table: 'holding', address: 0, count: words.length, ...read },
    accept,
    as: 'serial',
  } as never
  expect(identified(identify, words)).toBe(says)
})
