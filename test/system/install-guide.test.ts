import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { jpeg } from '../support/pictures.ts'
import { startCloud } from '../support/running-cloud.ts'
import { until } from '../support/until.ts'

const GUIDE = readFileSync(new URL('../../docs/install-in-a-car.md', import.meta.url), 'utf8')
const LIMIT_S = 180

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
}, 60_000)

/** The commands of the table, by the number that is ticked. */
const steps = new Map(
  [...GUIDE.matchAll(/^\| ☐ (\d+) \| [^|]+ \| `([^`]+)`/gm)].map(([, number, command]) => [
    Number(number),
    command ?? '',
  ]),
)
const line = (start: string): string => {
  const found = GUIDE.split('\n').find((one) => one.trim().startsWith(start))
  if (found === undefined) throw new Error(`the guide has no line ${start}`)
  return found.trim()
}
const PHOTOS = (steps.get(10) ?? '').match(/\S+\.jpg/g) ?? []
/** As a shell would split it: blanks, and quotes round what has some. */
const words = (command: string): string[] =>
  [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

test('the guide has ten steps, in order, each with its command', () => {
  expect([...steps.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

test(
  'a technician who follows the guide with a virtual car has a sealed gateway in under three minutes',
  async () => {
    const cloud = await startCloud()
    closing.push(cloud.stop)
    const home = mkdtempSync(join(tmpdir(), 'kordon-guide-'))
    closing.push(() => rmSync(home, { recursive: true, force: true }))
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      NO_COLOR: '1',
      KORDON_EDGE_DIR: join(home, 'practice'),
      KORDON_EDGE_CLOUD_URL: cloud.url,
      KORDON_PASSWORD: 'demo-technician',
      KORDON_TECHNICIAN: 'Иванов',
    }
    const begin = (args: readonly string[]): ChildProcess & { said(): string } => {
      const child = spawn(process.execPath, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'] })
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()))
      closing.push(async () => {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill('SIGTERM')
        await once(child, 'exit')
      })
      return Object.assign(child, { said: () => said })
    }
    const kordon = (command: string, more: readonly string[] = []) =>
      begin(['bin/kordon.mjs', ...words(command.replace(/^(npx )?kordon /, '')), ...more])
    const took: Record<string, number> = {}
    const done = async (command: string, more: readonly string[] = []): Promise<string> => {
      const began = performance.now()
      const child = kordon(command, more)
      const [code] = await once(child, 'exit')
      took[command.slice(0, 40)] = Math.round(performance.now() - began) / 1000
      expect(`${code} ${command}\n${child.said()}`).toMatch(/^0 /)
      return child.said()
    }
    const began = performance.now()

    // In the office.
    const csv = join(home, 'cars.csv')
    writeFileSync(csv, 'plate,model,vin,park\nА123ВС77,Haval Jolion,XZ8LM2C49P1234567,Основной парк\n')
    await done(line('npx kordon login').replace('https://kordon.example', cloud.url), ['--login', 'technician'])
    await done(line('npx kordon vehicle import').replace('cars.csv', csv))
    const virtual = GUIDE.split('\n').find((one) => one.includes('provision') && one.includes('--virtual')) ?? ''
    const car = kordon(virtual.trim(), ['--json'])
    await until('the code is shown', () => car.said().includes('"port"'), { withinMs: 30_000 })
    const { claimCode, port, gatewayId } = JSON.parse(car.said())
    const key = (word: string) => car.stdin?.write(`${word}\n`)

    // At the car, every command as it stands in the guide.
    for (const photo of PHOTOS) writeFileSync(join(home, photo), jpeg())
    const step = (number: number): string =>
      (steps.get(number) ?? '')
        .replace('XXXXXXXX', claimCode)
        .replace('https://kordon.example', cloud.url)
        .replace('/dev/ttyUSB0@9600', port)
        .replace('/dev/ttyUSB0', port)
        .replace(/\S+\.jpg/g, (photo) => join(home, photo))
    await done(step(1), ['--accept', 'a virtual car'])
    for (const number of [2, 3, 4, 5]) await done(step(number))
    const service = begin(['bin/run.mjs', 'edge/main.ts'])
    await until('the service is up', () => existsSync(join(env.KORDON_EDGE_DIR, 'control.sock')), { withinMs: 60_000 })
    // The key is turned when the command asks for it, and once for each time it asks.
    const ignition = kordon(step(7))
    let turned = ''
    const following = setInterval(() => {
      const [turn = '', word = '', times = '0', wanted = '0'] =
        [...ignition.said().matchAll(/turn the key (on|off) \((\d+) of (\d+)/g)].at(-1) ?? []
      if (turn === turned || Number(times) >= Number(wanted)) return
      turned = turn
      key(word)
    }, 100)
    const [code] = await once(ignition, 'exit')
    clearInterval(following)
    expect(`${code} ${ignition.said()}`).toMatch(/^0 /)
    key('off')
    await done(step(8))
    await done(step(9), ['--answers', 'no,yes,yes'])
    expect(await done(step(10), ['--cloud', cloud.url, '--token', await tokenIn(home)])).toContain('uploaded')
    const seconds = (performance.now() - began) / 1000
    console.log(`provisioned in ${seconds.toFixed(1)} s`, took)

    const office = await cloud.as('owner')
    const { body } = await office.get('/api/vehicles?q=А123ВС77')
    expect(body.items).toMatchObject([{ immobilizer: { canBlock: true } }])
    const gateways = (await office.get('/api/gateways')).body.items
    expect(gateways).toMatchObject([{ id: gatewayId, state: 'active', sealed: { by: 'technician' } }])
    const { body: shown } = await office.get(`/api/gateways/${gatewayId}/commissioning`)
    expect(shown.sheet.photos).toMatchObject(PHOTOS.map((name) => ({ name, kept: true })))
    expect(service.exitCode).toBeNull()
    expect(seconds).toBeLessThan(LIMIT_S)
  },
  (LIMIT_S + 120) * 1000,
)

async function tokenIn(home: string): Promise<string> {
  return JSON.parse(readFileSync(join(home, '.config', 'kordon', 'sign-in.json'), 'utf8')).token
}
