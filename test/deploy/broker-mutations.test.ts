import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectAsync, type IClientOptions } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { downTopic, upTopic } from '#contract/topics.ts'
import { CLOUD_USER, mosquittoConfig } from '../../cloud/broker/mosquitto-files.ts'
import { prepareBroker } from '../../deploy/broker-setup.ts'
import { grantedIdentity } from '../support/granted-identity.ts'
import { findReal, requireReal } from '../support/real-servers.ts'
import { freePort } from '../support/real-servers-process.ts'

const SHIPPED = new URL('../../deploy/mosquitto/', import.meta.url).pathname
const OWN = GatewayId.parse('gw-aaaaaaaa')
const FOREIGN = GatewayId.parse('gw-bbbbbbbb')
const FILES = Object.entries(mosquittoConfig()).filter(([file]) => file !== 'phones.acl')
const ONCE: IClientOptions = { reconnectPeriod: 0, connectTimeout: 2000 }
const AT_ONCE = 6

type Mutation = { readonly name: string; readonly file: string; readonly text: string }
const contrary = (line: string): string =>
  line.replaceAll(/\b(true|false|read|write)\b/g, (word) =>
    word === 'true' ? 'false' : word === 'false' ? 'true' : 'readwrite',
  )
/** Each line of each file gone, cut off after its first word, turned into its contrary, opened wide; each file empty. */
const MUTATIONS: readonly Mutation[] = FILES.flatMap(([file, text]) => {
  const lines = text.split('\n')
  const each = lines.flatMap((line, index): Mutation[] => {
    if (line === '' || line.startsWith('#')) return []
    const ways: readonly (readonly [string, readonly string[]])[] = [
      ['is gone', []],
      ['is cut off', [line.split(' ')[0] ?? '']],
      ['says the contrary', [contrary(line)]],
      ['is opened wide', [line.replace('%u', '+')]],
      ['is for everything', [line.replace(/kordon\/.*$/, '#')]],
    ]
    return ways
      .filter(([, changed]) => changed[0] !== line)
      .map(([how, changed]) => ({
        name: `${file}: «${line}» ${how}`,
        file,
        text: lines.toSpliced(index, 1, ...changed).join('\n'),
      }))
  })
  return [...each, { name: `${file} is empty`, file, text: '' }]
})

let dir: string
let identity: { readonly key: string; readonly cert: string }
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-mutations-'))
  await prepareBroker({ dataDir: dir, target: join(dir, 'broker'), password: 'of this test', hosts: ['127.0.0.1'] })
  identity = await grantedIdentity(dir, OWN)
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** What a broker under these files gives anybody that he should not have; undefined when it is not started at all. */
async function givenBy(mutation: Mutation | undefined, number: number): Promise<readonly string[] | undefined> {
  const folder = join(dir, String(number))
  cpSync(join(dir, 'broker'), folder, { recursive: true })
  for (const file of ['run.sh', 'check.awk']) cpSync(join(SHIPPED, file), join(folder, file))
  const [plain, tls] = [await freePort(), await freePort()]
  for (const [file, text] of FILES) {
    const own = (file === mutation?.file ? mutation.text : text)
      .replaceAll(/\/mosquitto\/(data|config)/g, folder)
      .replace('listener 8883', `listener ${tls} 127.0.0.1`)
      .replace('listener 1883', `listener ${plain} 127.0.0.1`)
    writeFileSync(join(folder, file), file === 'mosquitto.conf' && own !== '' ? `user root\n${own}` : own)
  }
  const files = ['run.sh', 'mosquitto.conf', 'revoked.pem'].map((file) => join(folder, file))
  // Without its place for data it writes where it stands.
  const child = spawn('sh', [...files, findReal('mosquitto') ?? ''], { stdio: 'ignore', cwd: folder })
  const ended = once(child, 'exit')
  try {
    const serves = await Promise.race([listening(child, [plain, tls]), ended.then(() => false)])
    return serves ? await tried(plain, tls) : undefined
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}
/** Whether it takes connections on one of its ports, before it ends. */
async function listening(child: ChildProcess, ports: readonly number[]): Promise<boolean> {
  const open = (port: number) =>
    new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(socket.destroy() !== undefined))
      socket.once('error', () => done(false))
    })
  for (let tries = 0; tries < 200 && child.exitCode === null; tries += 1) {
    if ((await Promise.all(ports.map(open))).every((one) => one)) return true
    await pause(20)
  }
  return child.exitCode === null
}

async function tried(plain: number, tls: number): Promise<readonly string[]> {
  const ca = readFileSync(join(dir, 'broker', 'ca.pem'), 'utf8')
  const opened = (url: string, options: IClientOptions) =>
    connectAsync(url, { ...ONCE, ca, ...options }).catch(() => undefined)
  const account = { username: CLOUD_USER, password: 'of this test' }
  const [anonymous, guessed, uncertified, unveiled, cloud, gateway] = await Promise.all([
    opened(`mqtt://127.0.0.1:${plain}`, {}),
    opened(`mqtt://127.0.0.1:${plain}`, { ...account, password: 'guessed' }),
    opened(`mqtts://127.0.0.1:${tls}`, {}),
    opened(`mqtt://127.0.0.1:${tls}`, {}),
    opened(`mqtt://127.0.0.1:${plain}`, account),
    opened(`mqtts://127.0.0.1:${tls}`, { ...identity, clientId: FOREIGN, username: FOREIGN }),
  ])
  const heard: string[] = []
  const listen = async (client: typeof cloud, who: string) => {
    client?.on('message', (topic) => heard.push(`${who} hears ${topic}`))
    await client?.subscribeAsync(['#', upTopic(OWN, 'status'), downTopic(OWN, 'order')], { qos: 0 }).catch(() => {})
  }
  await Promise.all([listen(cloud, 'the cloud'), listen(gateway, 'the gateway')])
  gateway?.publish(upTopic(FOREIGN, 'records'), 'x')
  gateway?.publish(downTopic(OWN, 'receipt'), 'x')
  gateway?.publish(upTopic(OWN, 'status'), 'x')
  cloud?.publish(downTopic(FOREIGN, 'order'), 'x')
  cloud?.publish(downTopic(OWN, 'order'), 'x')
  const fences = [`the cloud hears ${upTopic(OWN, 'status')}`, `the gateway hears ${downTopic(OWN, 'order')}`]
  for (let tries = 0; tries < 10 && !fences.every((fence) => heard.includes(fence)); tries += 1) await pause(20)
  const strangers = { anonymous, guessed, uncertified, unveiled }
  const entered = Object.entries(strangers).flatMap(([who, client]) =>
    client === undefined ? [] : [`${who} is let in`],
  )
  for (const client of [...Object.values(strangers), cloud, gateway]) client?.end(true)
  return [...entered, ...heard.filter((one) => !fences.includes(one))]
}

describe.skipIf(!requireReal('mosquitto'))('the configuration of Mosquitto fails closed', () => {
  test('as it ships it is started, and gives each his own', async () => {
    expect(await givenBy(undefined, 0)).toEqual([])
  })
  test('with any line gone, cut off, turned or opened it is not started, or gives nobody more', async () => {
    const wrong: string[] = []
    let started = 0
    const waiting = MUTATIONS.entries()
    const work = async (): Promise<void> => {
      for (const [index, mutation] of waiting) {
        const given = await givenBy(mutation, index + 1)
        if (given !== undefined) started += 1
        if ((given ?? []).length > 0) wrong.push(`${mutation.name}: ${given?.join(', ')}`)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    expect(wrong).toEqual([])
    expect([MUTATIONS.length > 80, started > 10]).toEqual([true, true])
  }, 60_000)
})
