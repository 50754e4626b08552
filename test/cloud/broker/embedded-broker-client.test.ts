import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect as connectSocket, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { MqttClient } from 'mqtt'
import mqtt from 'mqtt-packet'
import { afterEach, describe, expect, test } from 'vitest'
import { downFilter, downTopic, upTopic } from '#contract/topics.ts'
import { BROKER_LIMITS } from '../../../cloud/broker/broker-limits.ts'
import type { SessionEnd } from '../../../cloud/broker/departures.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { until } from '../ingest/journal-support.ts'
import { closed, dial, GATEWAY, hangUp, NEIGHBOUR, startEmbedded } from './broker-support.ts'
import { createTestAuthority } from './test-authority.ts'

const RECORDS = upTopic(GATEWAY, 'records')
const STATUS = upTopic(GATEWAY, 'status')
const online = JSON.stringify({ v: 1, online: true, at: 1, software: '0.1.0' })
const offline = Buffer.from(JSON.stringify({ v: 1, online: false, at: 1, software: '0.1.0' }))
const will = { topic: STATUS, payload: offline, qos: 1, retain: true } as const
const everybody = {
  checkPassword: async () => true,
  isRevoked: () => false,
  isRevokedByNow: async () => false,
  certificateCounts: () => true,
}

/** Ten thousand connections from four addresses, each with the beginning of a CONNECT; tells when all stand, and when all are gone. */
const CROWD = `
const { connect } = require('node:net')
let open = 0, closed = 0
for (let i = 0; i < 10000; i += 1) {
  const socket = connect({ port: Number(process.argv[1]), host: '127.0.0.1', localAddress: '127.0.0.' + (2 + (i % 4)) })
  socket.on('connect', () => { socket.write(Uint8Array.of(0x10, 0x20)); if (++open === 10000) console.log('waiting ' + open) })
  socket.on('error', () => {})
  socket.on('close', () => { if (++closed === 10000) console.log('closed ' + closed) })
}`

const running: (() => Promise<void>)[] = []
const start: typeof startEmbedded = async (...given) => {
  const started = await startEmbedded(...given)
  running.push(() => started.broker.close())
  return started
}
const startByHand = async (ears: Parameters<typeof startEmbedded>[0] = {}) => {
  const clock = createManualClock()
  return { clock, ...(await start(ears, undefined, clock)) }
}
/** Turns the clock until it has happened: when a connection's end is noticed here is not ours to say. */
const endsWhile = (clock: ManualClock, happened: () => boolean) =>
  until(() => {
    void clock.advance(100)
    return happened()
  })
const rawSocket = async (url: string): Promise<Socket> => {
  const socket = connectSocket(Number(new URL(url).port), '127.0.0.1')
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}
const ended = (socket: Socket) => new Promise<void>((done) => socket.once('close', () => done()))

afterEach(async () => {
  await hangUp()
  await Promise.all(running.splice(0).map((close) => close()))
})

describe('embedded broker', () => {
  test('a gateway with its password sends records and hears its own order', async () => {
    const { broker, url, accepted } = await start()
    await broker.publish(downTopic(GATEWAY, 'order'), 'the newest order', { retain: true })
    const client = await dial(url, GATEWAY)
    const heard: string[] = []
    client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
    await client.subscribeAsync(downFilter(GATEWAY), { qos: 1 })
    await client.publishAsync(RECORDS, '{"v":1}', { qos: 1 })
    await until(() => heard.length === 1)
    expect(heard).toEqual([`${downTopic(GATEWAY, 'order')} the newest order`])
    expect(accepted).toEqual([{ gateway: GATEWAY, text: '{"v":1}' }])
  })

  // The first message goes the broker's way, those behind it past its machinery: the promise is the same.
  test.each([0, 3])('after %i others PUBACK is withheld until the records are durable', async (others) => {
    let commit = (): void => {}
    const durable = new Promise<void>((done) => {
      commit = done
    })
    let asked = 0
    const accept = () => (++asked > others ? durable : Promise.resolve())
    const { url } = await start({ ingest: { accept } })
    const client = await dial(url, GATEWAY)
    for (let one = 0; one < others; one += 1) await client.publishAsync(RECORDS, 'x', { qos: 1 })
    let acknowledged = false
    const publish = client.publishAsync(RECORDS, 'x', { qos: 1 }).then(() => {
      acknowledged = true
    })
    // A ping answered shows that the broker had read the publish, yet did not acknowledge it.
    await client.subscribeAsync(downFilter(GATEWAY), { qos: 1 })
    expect(acknowledged).toBe(false)
    commit()
    await publish
    expect(acknowledged).toBe(true)
  })

  // The first message, and one every ten seconds, goes the broker's way. A burst of more than it may have at once, too.
  test.each([3, 100])('%i messages that come in one piece are stored in the order they were sent in', async (count) => {
    const { url, accepted } = await start()
    const socket = await rawSocket(url)
    const who = { clientId: GATEWAY, username: GATEWAY, password: Buffer.from('right') }
    socket.write(mqtt.generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, ...who }))
    await once(socket, 'data')
    const texts = Array.from({ length: count }, (_, at) => `{"n":${at}}`)
    const records = texts.map((payload, at) => ({ topic: RECORDS, payload, messageId: at + 1, qos: 1 as const }))
    socket.write(
      Buffer.concat(records.map((one) => mqtt.generate({ cmd: 'publish', dup: false, retain: false, ...one }))),
    )
    await until(() => accepted.length === count)
    expect(accepted.map(({ text }) => text)).toEqual(texts)
    socket.destroy()
  })

  // More than a socket's buffer holds: while its publishes wait for the disk, the rest waits in the buffer.
  test('a day that comes at once is read to its end, whatever the disk takes its time for', async () => {
    let stored = 0
    const accept = async () => {
      await pause(1)
      stored += 1
    }
    const { url } = await start({ ingest: { accept } })
    const client = await dial(url, GATEWAY)
    const day = Array.from({ length: 6000 }, () => client.publishAsync(RECORDS, 'x'.repeat(300), { qos: 1 }))
    await Promise.all(day)
    expect(stored).toBe(6000)
  })

  test.each([0, 3])(
    'after %i others, records that cannot be stored are not acknowledged: the connection ends',
    async (others) => {
      let asked = 0
      const accept = () => (++asked > others ? Promise.reject(new Error('disk full')) : Promise.resolve())
      const { url } = await start({ ingest: { accept } })
      const client = await dial(url, GATEWAY)
      for (let one = 0; one < others; one += 1) await client.publishAsync(RECORDS, 'x', { qos: 1 })
      const lost = closed(client)
      let acknowledged = false
      client.publish(RECORDS, 'x', { qos: 1 }, (error) => {
        acknowledged = error === undefined || error === null
      })
      await lost
      expect(acknowledged).toBe(false)
    },
  )

  test.each([
    { name: 'a wrong password', client: GATEWAY, options: { password: 'wrong' } },
    { name: 'another gateway’s user name', client: GATEWAY, options: { username: NEIGHBOUR } },
    { name: 'no user name', client: GATEWAY, options: { username: undefined, password: undefined } },
    { name: 'a name outside the pattern', client: 'gw-UPPER', options: {} },
    { name: 'a wildcard', client: '#', options: {} },
    { name: 'an inherited name', client: 'constructor', options: { username: '__proto__' } },
    { name: 'a phone, where no phones are registered', client: 'phone', options: { username: 'ivan' } },
  ])('refuses $name', async ({ client, options }) => {
    const { url, accepted } = await start()
    await expect(dial(url, client, options as object)).rejects.toThrow()
    const good = await dial(url, NEIGHBOUR)
    await good.publishAsync(upTopic(NEIGHBOUR, 'records'), 'still serving', { qos: 1 })
    expect(accepted).toHaveLength(1)
  })

  test('a revoked gateway is refused, and dropped when it is here', async () => {
    const { broker, url, revoked } = await start()
    const client = await dial(url, GATEWAY)
    const lost = closed(client)
    revoked.add(GATEWAY)
    broker.disconnect(GATEWAY)
    await lost
    await expect(dial(url, GATEWAY)).rejects.toThrow()
  })

  test.each([
    { name: 'a neighbour’s records', topic: upTopic(NEIGHBOUR, 'records') },
    { name: 'an order', topic: downTopic(GATEWAY, 'order') },
    { name: '$SYS', topic: '$SYS/x' },
    { name: 'an unknown topic', topic: 'kordon/v1/nowhere' },
  ])('publishing to $name ends the connection, is counted, and is logged once', async ({ topic }) => {
    const { url, counts, log, accepted } = await start()
    for (let round = 0; round < 3; round += 1) {
      const client = await dial(url, GATEWAY)
      const lost = closed(client)
      client.publish(topic, 'x', { qos: 1 })
      await lost
    }
    expect(counts).toMatchObject({ 'topic-refused': 3 })
    expect(log.lines.filter(({ event }) => event === 'broker.topic-refused')).toHaveLength(1)
    expect(accepted).toEqual([])
  })

  test.each(['#', 'kordon/v1/+/down/order', downFilter(NEIGHBOUR), upTopic(GATEWAY, 'records'), '$SYS/#'])(
    'subscribing to %s ends the connection and nothing is heard',
    async (filter) => {
      const { broker, url, counts } = await start()
      const client = await dial(url, GATEWAY)
      const heard: string[] = []
      client.on('message', (topic) => heard.push(topic))
      const lost = closed(client)
      client.subscribe(filter, { qos: 1 })
      await broker.publish(downTopic(NEIGHBOUR, 'order'), 'secret', { retain: true })
      await lost
      expect({ heard, refused: counts['topic-refused'] }).toEqual({ heard: [], refused: 1 })
    },
  )

  test('a will on a foreign topic is refused at the door', async () => {
    const { url } = await start()
    const foreign = { topic: upTopic(NEIGHBOUR, 'status'), payload: offline, qos: 1, retain: true } as const
    await expect(dial(url, GATEWAY, { will: foreign })).rejects.toThrow()
  })

  test.each([
    { name: 'says goodbye without a word of its own', leave: (client: MqttClient) => client.endAsync() },
    { name: 'is cut off', leave: async (client: MqttClient) => void client.stream.destroy() },
  ])('a gateway that $name is told to have left, at the moment it did', async ({ leave }) => {
    const { clock, url, ends } = await startByHand()
    const client = await dial(url, GATEWAY, { will })
    await client.publishAsync(STATUS, online, { qos: 1, retain: true })
    await clock.advance(500)
    const at = clock.now()
    await leave(client)
    await endsWhile(clock, () => ends.length > 0)
    expect(ends).toEqual([{ gateway: GATEWAY, at: expect.any(Number) }])
    expect((ends[0]?.at ?? 0) - at).toBeLessThan(1000)
  })

  test('who has said itself that it goes is told no second time', async () => {
    const { clock, url, statuses, ends } = await startByHand()
    const client = await dial(url, GATEWAY, { will })
    await client.publishAsync(STATUS, online, { qos: 1, retain: true })
    await client.publishAsync(STATUS, offline, { qos: 1, retain: true })
    await client.endAsync()
    const other = await dial(url, NEIGHBOUR)
    await other.endAsync()
    await endsWhile(clock, () => ends.length > 0)
    expect(ends.map(({ gateway }) => gateway)).toEqual([NEIGHBOUR])
    expect(statuses.map(({ status }) => status.online)).toEqual([true, false])
  })

  test('a newer session of the same gateway takes over: neither the end of the older one nor its will says anything', async () => {
    const { clock, url, statuses, ends } = await startByHand()
    const older = await dial(url, GATEWAY, { will })
    await older.publishAsync(STATUS, online, { qos: 1, retain: true })
    const lost = closed(older)
    const newer = await dial(url, GATEWAY, { will })
    await lost
    await newer.publishAsync(RECORDS, 'x', { qos: 1 })
    for (let second = 0; second < 5; second += 1) await clock.advance(1000)
    expect({ ends, online: statuses.map(({ status }) => status.online) }).toEqual({ ends: [], online: [true] })
  })

  test('a hundred that come back at once have not been away; those that stay away are told together', async () => {
    const told: number[] = []
    const onEnded = async (ends: readonly SessionEnd[]) => void told.push(ends.length)
    const { clock, url } = await startByHand({ onEnded, credentials: everybody })
    const crowd = Array.from({ length: 100 }, (_, at) => `gw-crowd${String(at).padStart(4, '0')}`)
    const come = () => Promise.all(crowd.map((name) => dial(url, name)))
    const first = await come()
    await Promise.all(first.map((client) => client.endAsync()))
    const second = await come()
    for (let one = 0; one < 3; one += 1) await clock.advance(1000)
    expect(told).toEqual([])
    await Promise.all(second.map((client) => client.endAsync()))
    await pause(100)
    await endsWhile(clock, () => told.length > 0)
    expect(told).toEqual([100])
  })

  test('ends that could not be kept are told again', async () => {
    let asked = 0
    const onEnded = async () => {
      asked += 1
      if (asked === 1) throw new Error('the database is down')
    }
    const { clock, url } = await startByHand({ onEnded })
    await (await dial(url, GATEWAY)).endAsync()
    await endsWhile(clock, () => asked === 2)
    for (let one = 0; one < 3; one += 1) await clock.advance(1000)
    expect(asked).toBe(2)
  })

  test('when the broker itself goes, it says of nobody that he has left', async () => {
    const { clock, url, broker, ends, statuses } = await startByHand()
    const client = await dial(url, GATEWAY, { will })
    await client.publishAsync(STATUS, online, { qos: 1, retain: true })
    await broker.close()
    for (let one = 0; one < 5; one += 1) await clock.advance(1000)
    expect({ ends, online: statuses.map(({ status }) => status.online) }).toEqual({ ends: [], online: [true] })
  })

  test('a status that is none is refused, counted, and not kept', async () => {
    const { url, statuses, counts } = await start()
    const client = await dial(url, GATEWAY)
    await client.publishAsync(STATUS, '{"v":1,"online":"yes"}', { qos: 1, retain: true })
    expect({ statuses, refused: counts['status-refused'] }).toEqual({ statuses: [], refused: 1 })
  })

  test('a listener of statuses that throws is logged and harms nobody', async () => {
    const onStatus = () => {
      throw new Error('a bug')
    }
    const { url, accepted, log } = await start({ onStatus })
    const client = await dial(url, GATEWAY)
    await client.publishAsync(STATUS, online, { qos: 1, retain: true })
    await client.publishAsync(RECORDS, 'x', { qos: 1 })
    expect(accepted).toHaveLength(1)
    expect(log.lines.map(({ event }) => event)).toContain('broker.listener-failed')
  })

  test('records at QoS 0 are taken without a promise, and counted', async () => {
    const { url, accepted, counts } = await start()
    const client = await dial(url, GATEWAY)
    await client.publishAsync(RECORDS, 'x', { qos: 0 })
    await until(() => accepted.length === 1)
    expect(counts).toMatchObject({ 'records-qos0': 1 })
  })

  test('tells that a gateway is here once it listens, each time; a listener that throws stops nobody', async () => {
    const { broker, url } = await start()
    const came: string[] = []
    broker.onGatewayConnected(() => {
      throw new Error('a bug')
    })
    broker.onGatewayConnected((gateway) => came.push(gateway))
    for (let round = 1; round <= 2; round += 1) {
      const client = await dial(url, GATEWAY)
      expect(came).toHaveLength(round - 1)
      await client.subscribeAsync(downFilter(GATEWAY), { qos: 1 })
      expect(came).toHaveLength(round)
      await client.endAsync()
    }
  })

  test('the same gateway twice: the newer connection stays', async () => {
    const { url, accepted } = await start()
    const older = await dial(url, GATEWAY)
    const lost = closed(older)
    const newer = await dial(url, GATEWAY)
    await lost
    await newer.publishAsync(RECORDS, 'x', { qos: 1 })
    expect(accepted).toHaveLength(1)
  })

  test('a registered phone reaches its own topic and nothing else', async () => {
    const heard: string[] = []
    const { url } = await start({
      phones: {
        checkPassword: async (user, password) => user === 'ivan' && password === 'right',
        accept: async (user, device, payload) => void heard.push(`${user} ${device} ${Buffer.from(payload)}`),
      },
    })
    const client = await dial(url, 'any-id', { username: 'ivan' })
    expect(await client.subscribeAsync('owntracks/+/+').catch((error: Error) => error.message)).toMatch(
      /Unspecified|128/,
    )
    await client.publishAsync('owntracks/ivan/phone', '{}', { qos: 1 })
    expect(heard).toEqual(['ivan phone {}'])
    const lost = closed(client)
    client.publish('owntracks/olga/phone', '{}', { qos: 1 })
    await lost
    await expect(dial(url, 'any-id', { username: 'olga' })).rejects.toThrow()
    expect(heard).toHaveLength(1)
  })

  test(`a stranger’s packet over ${BROKER_LIMITS.firstPacketBytes} bytes is refused from its length alone`, async () => {
    const { url, counts } = await start()
    const socket = await rawSocket(url)
    const gone = ended(socket)
    socket.write(Uint8Array.of(0x10, 0xff, 0xff, 0x7f))
    await gone
    expect(counts).toMatchObject({ 'over-limit': 1 })
  })

  test('10,000 who begin to sign in and say no more cost little, hinder nobody, and are gone after five seconds', async () => {
    const { broker, url } = await start()
    await broker.publish(downTopic(GATEWAY, 'order'), 'the newest order', { retain: true })
    const before = process.memoryUsage.rss()
    // In a process of their own: both ends of so many would be more files than one process may have.
    const crowd = spawn(process.execPath, ['-e', CROWD, new URL(url).port], { stdio: ['ignore', 'pipe', 'inherit'] })
    const words = createInterface({ input: crowd.stdout })[Symbol.asyncIterator]()
    expect((await words.next()).value).toBe('waiting 10000')
    const grown = process.memoryUsage.rss() - before
    const client = await dial(url, GATEWAY)
    const heard = new Promise<string>((done) => client.once('message', (_, payload) => done(payload.toString())))
    await client.subscribeAsync(downFilter(GATEWAY), { qos: 1 })
    expect(await heard).toBe('the newest order')
    expect(grown / 1e6).toBeLessThan(400)
    expect((await words.next()).value).toBe('closed 10000')
    expect(client.connected).toBe(true)
    crowd.kill('SIGKILL')
  }, 60_000)

  test(`a packet over ${BROKER_LIMITS.packetBytes} bytes ends the connection, one of 256 KB passes`, async () => {
    const { url, accepted, counts } = await start()
    const client = await dial(url, GATEWAY)
    await client.publishAsync(RECORDS, 'x'.repeat(256 * 1024), { qos: 1 })
    expect(accepted).toHaveLength(1)
    const lost = closed(client)
    client.publish(RECORDS, 'x'.repeat(BROKER_LIMITS.packetBytes + 1), { qos: 1 })
    await lost
    expect({ accepted: accepted.length, over: counts['over-limit'] }).toEqual({ accepted: 1, over: 1 })
  })

  test('a publish that is not durable within its time ends the connection, unacknowledged', async () => {
    const clock = createManualClock()
    let asked = 0
    const accept = () => {
      asked += 1
      return new Promise<void>(() => {})
    }
    const { url, counts } = await start({ ingest: { accept } }, undefined, clock)
    const client = await dial(url, GATEWAY)
    const lost = closed(client)
    client.publish(RECORDS, 'x', { qos: 1 })
    await until(() => asked === 1)
    for (let second = 0; second < BROKER_LIMITS.durableWithinMs / 1000 - 1; second += 1) await clock.advance(1000)
    expect(counts['records-late']).toBeUndefined()
    for (let second = 0; second < 3; second += 1) await clock.advance(1000)
    await lost
    expect(counts).toMatchObject({ 'records-late': 1 })
  })

  test(`one client has ${BROKER_LIMITS.publishesAtOnce} publishes at work, the others wait, none is lost`, async () => {
    const pending: (() => void)[] = []
    const { url } = await start({ ingest: { accept: () => new Promise((done) => pending.push(done)) } })
    const client = await dial(url, GATEWAY)
    const sent = Promise.all(Array.from({ length: 100 }, () => client.publishAsync(RECORDS, 'x', { qos: 1 })))
    await until(() => pending.length === BROKER_LIMITS.publishesAtOnce)
    let finished = 0
    while (finished < 100) {
      expect(pending.length - finished).toBeLessThanOrEqual(BROKER_LIMITS.publishesAtOnce)
      await until(() => pending.length > finished)
      pending[finished]?.()
      finished += 1
    }
    await sent
  })

  test.each([
    { name: 'noise', bytes: Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff) },
    {
      name: 'a publish before CONNECT',
      bytes: mqtt.generate({ cmd: 'publish', topic: RECORDS, payload: 'x', qos: 0, dup: false, retain: false }),
    },
    {
      name: 'MQTT 5',
      bytes: mqtt.generate({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 5,
        clientId: GATEWAY,
        clean: true,
        keepalive: 60,
        properties: {},
      }),
    },
  ])('$name from a stranger harms nobody', async ({ bytes }) => {
    const { url, accepted } = await start()
    const client = await dial(url, GATEWAY)
    const socket = await rawSocket(url)
    const gone = ended(socket)
    socket.write(bytes)
    socket.on('data', () => {})
    await gone
    await client.publishAsync(RECORDS, 'x', { qos: 1 })
    expect(accepted).toHaveLength(1)
  })

  test('mutual TLS: the certificate’s CN is the gateway, whatever the client says', async () => {
    const authority = await createTestAuthority()
    const stranger = await createTestAuthority()
    const server = await authority.issue('127.0.0.1')
    const { broker, accepted, revoked } = await start({}, { ...server, ca: authority.ca })
    const url = `mqtts://127.0.0.1:${broker.ports().tls}`
    const own = { ...(await authority.issue(GATEWAY)), ca: authority.ca, username: undefined, password: undefined }
    const client = await dial(url, GATEWAY, own as object)
    await client.publishAsync(RECORDS, 'x', { qos: 1 })
    expect(accepted).toMatchObject([{ gateway: GATEWAY }])
    await expect(dial(url, NEIGHBOUR, own as object)).rejects.toThrow()
    await expect(dial(url, GATEWAY, { ...own, username: NEIGHBOUR } as object)).rejects.toThrow()
    await expect(dial(url, GATEWAY, { ca: authority.ca })).rejects.toThrow()
    const forged = { ...(await stranger.issue(GATEWAY)), ca: authority.ca }
    await expect(dial(url, GATEWAY, forged)).rejects.toThrow()
    revoked.add(GATEWAY)
    await expect(dial(url, GATEWAY, own as object)).rejects.toThrow()
  })
})
