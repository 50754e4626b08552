import { connect as connectTcp } from 'node:net'
import type { MqttClient } from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLocalBroker, type LocalBroker } from '../../../edge/local-bus/broker-client.ts'
import { planBus } from '../../../edge/local-bus/bus-access.ts'
import { VOICES, type Voice } from '../../../edge/local-bus/voices.ts'
import { until } from '../../support/until.ts'
import { obdUnit, passwordOf, phoneUnit, relayUnit, signIn } from './garage.ts'

const units = [relayUnit, obdUnit, phoneUnit].map(({ device, profile, port }) => ({
  profile,
  port,
  drivesRelay: device === 'relay',
}))
const { plan } = planBus(units)
const secrets = { reader: 'secret of the reader', immobilizer: 'secret of the immobilizer' }
const COMMAND = 'shellyplus1-a8032abe/command/switch:0'
const STATE = 'shellyplus1-a8032abe/status/switch:0'
const ONLINE = 'shellyplus1-a8032abe/online'

type Line = { readonly event: string; readonly fields: object }
let broker: LocalBroker
let port: number
let lines: Line[]
let clients: MqttClient[]

beforeEach(async () => {
  lines = []
  clients = []
  const write = (fields: object, event: string): void => void lines.push({ event, fields })
  broker = createLocalBroker({
    plan: { ...plan, port: 0 },
    secrets,
    log: { debug: () => {}, info: write, warn: write, error: write },
  })
  port = await broker.start()
})
afterEach(async () => {
  for (const client of clients) client.end(true)
  await broker.close()
})

async function join(user: string, more: Parameters<typeof signIn>[2] = {}): Promise<MqttClient> {
  const client = await signIn(port, user, more)
  client.on('error', () => undefined)
  clients.push(client)
  return client
}
const voice = (name: Voice): Promise<MqttClient> => join(VOICES[name], { password: secrets[name] })

function heardBy(client: MqttClient): { readonly topic: string; readonly payload: string; readonly retain: boolean }[] {
  const heard: { topic: string; payload: string; retain: boolean }[] = []
  client.on('message', (topic, payload, packet) =>
    heard.push({ topic, payload: payload.toString(), retain: packet.retain }),
  )
  return heard
}
const refusals = () => lines.filter(({ event }) => event === 'local-bus.refused').map(({ fields }) => fields)
const isClosed = (client: MqttClient): Promise<boolean> => until('the connection ends', () => !client.connected)

/** The relay as the firmware has it: listens to all of its own, and switches at every word it hears. */
async function shelly(): Promise<{ readonly client: MqttClient; readonly switched: string[] }> {
  const client = await join('relay', { will: { topic: ONLINE, payload: Buffer.from('false'), qos: 1, retain: true } })
  const switched: string[] = []
  await client.subscribeAsync('shellyplus1-a8032abe/#', { qos: 1 })
  client.on('message', (topic, payload) => {
    if (topic !== COMMAND) return
    switched.push(payload.toString())
    client.publish(STATE, JSON.stringify({ output: payload.toString() === 'on' }), { qos: 1 })
  })
  await client.publishAsync(ONLINE, 'true', { qos: 1, retain: true })
  return { client, switched }
}

describe('signing in', () => {
  test.each([
    { name: 'a wrong password', more: { password: 'guess' } },
    { name: 'no password', more: { password: '' } },
    { name: 'a user that there is not', more: { username: 'intruder' } },
    { name: 'the immobilizer with the password of a unit', more: { username: VOICES.immobilizer } },
    { name: 'a user named like a property', more: { username: '__proto__' } },
  ])('$name is turned away', async ({ more }) => {
    await expect(join('relay', more)).rejects.toThrow(/Not authorized|Bad username/)
    expect(refusals()).toHaveLength(1)
  })

  test('nobody pushes another off by taking its client id', async () => {
    const reader = await voice('reader')
    const relay = await join('relay')
    await expect(join('phone', { clientId: VOICES.reader })).rejects.toThrow(/authorized|password/)
    await expect(join('phone', { clientId: 'relay' })).rejects.toThrow(/authorized|password/)
    expect([reader.connected, relay.connected]).toEqual([true, true])
  })

  test.each(['__proto__', 'constructor', '#', 'a/+'])('a client id of %j harms nothing', async (clientId) => {
    const odd = await join('relay', { clientId })
    await odd.publishAsync(STATE, '{"output":true}', { qos: 1 })
    expect((await join('phone')).connected).toBe(true)
  })

  test('a unit that comes again takes its own place', async () => {
    const first = await join('relay')
    const second = await join('relay')
    await isClosed(first)
    expect(second.connected).toBe(true)
  })
})

describe('the relay', () => {
  test('switches for the immobilizer, and its word comes to the reader', async () => {
    const { switched } = await shelly()
    const reader = await voice('reader')
    const heard = heardBy(reader)
    await reader.subscribeAsync([STATE, ONLINE], { qos: 1 })
    const immobilizer = await voice('immobilizer')
    await immobilizer.publishAsync(COMMAND, 'on', { qos: 1 })
    await until('the state', () => heard.some(({ topic }) => topic === STATE))
    expect(switched).toEqual(['on'])
    expect(heard).toContainEqual({ topic: STATE, payload: '{"output":true}', retain: false })
    expect(heard).toContainEqual({ topic: ONLINE, payload: 'true', retain: true })
  })

  test.each([
    { name: 'another unit', user: 'phone' },
    { name: 'the relay unit itself, from a second client', user: 'relay' },
    { name: 'the OBD unit', user: 'obd' },
  ])('does not switch for $name, whose connection ends', async ({ user }) => {
    const { switched } = await shelly()
    const thief = await join(user, { clientId: `${user}-second` })
    thief.publish(COMMAND, 'off', { qos: 1 })
    await isClosed(thief)
    const immobilizer = await voice('immobilizer')
    await immobilizer.publishAsync(COMMAND, 'on', { qos: 1 })
    await until('the word of the immobilizer', () => switched.length > 0)
    expect(switched).toEqual(['on'])
    expect(refusals()).toContainEqual({ user, operation: 'publish-refused', topic: COMMAND })
  })

  test('does not switch for the reader', async () => {
    const { switched } = await shelly()
    const reader = await voice('reader')
    reader.publish(COMMAND, 'on', { qos: 1 })
    await isClosed(reader)
    expect(switched).toEqual([])
  })

  test.each(['toggle', 'on,5', 'ON', ''])('does not do %j, even for the immobilizer', async (payload) => {
    const { switched } = await shelly()
    const immobilizer = await voice('immobilizer')
    immobilizer.publish(COMMAND, payload, { qos: 1 })
    await isClosed(immobilizer)
    expect(switched).toEqual([])
  })

  test('is not switched by a will', async () => {
    const { switched } = await shelly()
    const thief = await join('phone', { will: { topic: COMMAND, payload: Buffer.from('on'), qos: 1, retain: true } })
    thief.stream.destroy()
    await until('the will is refused', () => refusals().length > 0)
    expect([switched, refusals()]).toEqual([[], [{ user: 'phone', operation: 'publish-refused', topic: COMMAND }]])
  })

  test('finds no retained command when it comes: not even the immobilizer can leave one', async () => {
    const immobilizer = await voice('immobilizer')
    immobilizer.publish(COMMAND, 'on', { qos: 1, retain: true })
    await isClosed(immobilizer)
    const again = await voice('immobilizer')
    await again.publishAsync(COMMAND, 'on', { qos: 1 })
    const { switched } = await shelly()
    await again.publishAsync(COMMAND, 'off', { qos: 1 })
    await until('a command', () => switched.length > 0)
    expect(switched).toEqual(['off'])
  })

  test('is told nothing late: a command while it was away is not kept for it, whatever session it asks for', async () => {
    const first = await join('relay', { clean: false })
    await first.subscribeAsync(COMMAND, { qos: 1 })
    first.end(true)
    await isClosed(first)
    const immobilizer = await voice('immobilizer')
    await immobilizer.publishAsync(COMMAND, 'on', { qos: 1 })
    const second = await join('relay', { clean: false })
    const heard = heardBy(second)
    await second.subscribeAsync(COMMAND, { qos: 1 })
    await immobilizer.publishAsync(COMMAND, 'off', { qos: 1 })
    await until('a command', () => heard.length > 0)
    expect(heard.map(({ payload }) => payload)).toEqual(['off'])
  })
})

describe('units among themselves', () => {
  test('cannot speak in the name of another: the reader hears nothing false', async () => {
    const reader = await voice('reader')
    const heard = heardBy(reader)
    await reader.subscribeAsync([STATE, ONLINE], { qos: 1 })
    const liar = await join('phone')
    liar.publish(STATE, '{"output":false}', { qos: 1 })
    await isClosed(liar)
    const relay = await join('relay')
    await relay.publishAsync(STATE, '{"output":true}', { qos: 1 })
    await until('the true state', () => heard.length > 0)
    expect(heard.map(({ payload }) => payload)).toEqual(['{"output":true}'])
  })

  test('hear nothing of each other, and a filter of others is refused in the SUBACK', async () => {
    const phone = await join('phone')
    const granted = await phone
      .subscribeAsync(['#', STATE, COMMAND, '$SYS/#'], { qos: 1 })
      .catch((cause: unknown) => cause)
    expect(granted).toBeInstanceOf(Error)
    const heard = heardBy(phone)
    const relay = await join('relay')
    await relay.publishAsync(STATE, '{"output":true}', { qos: 1 })
    const immobilizer = await voice('immobilizer')
    await immobilizer.publishAsync(COMMAND, 'on', { qos: 1 })
    // What was to come would have come before the answer to this.
    await phone.publishAsync('owntracks/driver/phone', '{}', { qos: 1 })
    expect(heard).toEqual([])
  })

  test('may chatter: it goes nowhere, is told once, and nobody is thrown out', async () => {
    const reader = await voice('reader')
    const heard = heardBy(reader)
    await reader.subscribeAsync([STATE], { qos: 1 })
    const relay = await join('relay')
    for (let times = 0; times < 5; times += 1)
      await relay.publishAsync('shellyplus1-a8032abe/events/rpc', '{"method":"NotifyStatus"}', { qos: 1, retain: true })
    await relay.publishAsync(STATE, '{"output":true}', { qos: 1, retain: true })
    await until('the state', () => heard.length > 0)
    expect(heard).toEqual([{ topic: STATE, payload: '{"output":true}', retain: false }])
    expect(relay.connected).toBe(true)
    expect(refusals()).toEqual([
      { user: 'relay', operation: 'publish-dropped', topic: 'shellyplus1-a8032abe/events/rpc' },
      { user: 'relay', operation: 'publish-stripped', topic: STATE },
    ])
  })

  test('leave their will behind: the reader learns that a unit is gone, also when it comes later', async () => {
    const { client } = await shelly()
    client.stream.destroy()
    const reader = await voice('reader')
    const heard = heardBy(reader)
    await until('the will', async () => {
      await reader.subscribeAsync(ONLINE, { qos: 1 })
      return heard.some(({ payload }) => payload === 'false')
    })
    expect(heard.at(-1)).toMatchObject({ topic: ONLINE, payload: 'false' })
  })
})

describe('strangers', () => {
  const send = (bytes: readonly number[], more = 0): Promise<void> =>
    new Promise((done) => {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write(Buffer.from(bytes)))
      if (more > 0) socket.write(Buffer.alloc(more))
      socket.on('error', () => undefined)
      socket.on('close', () => done())
    })

  test.each([
    { name: 'a first packet that announces 200 MB', bytes: [0x10, 0x80, 0x80, 0x80, 0x64] },
    { name: 'a length of five bytes', bytes: [0x10, 0xff, 0xff, 0xff, 0xff, 0x01] },
    { name: 'a PUBLISH before a CONNECT', bytes: [0x30, 0x03, 0x00, 0x01, 0x61] },
  ])('$name: the connection ends, the broker lives', async ({ bytes }) => {
    await send(bytes)
    expect((await join('relay')).connected).toBe(true)
  })

  test('a unit is ended by a message of more than 64 KB', async () => {
    const relay = await join('relay')
    relay.publish(STATE, 'x'.repeat(70_000), { qos: 1 })
    await isClosed(relay)
    expect((await join('relay')).connected).toBe(true)
  })
})

test('no password is ever logged', async () => {
  await join('relay', { password: 'a wrong one' }).catch(() => undefined)
  const relay = await join('relay')
  relay.publish(COMMAND, 'on', { qos: 1 })
  await isClosed(relay)
  expect(JSON.stringify(lines)).not.toMatch(new RegExp(`a wrong one|${passwordOf('relay')}|secret of`))
})
