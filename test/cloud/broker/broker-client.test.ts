import { afterEach, describe, expect, test } from 'vitest'
import { Receipt } from '#contract/receipt.ts'
import { downFilter, downTopic, upTopic } from '#contract/topics.ts'
import type { Broker, BrokerEars } from '../../../cloud/broker/broker.ts'
import { createBrokerClient } from '../../../cloud/broker/broker-client.ts'
import { createIngestService } from '../../../cloud/ingest/ingest-service.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { TooManyHoles } from '../../../cloud/ingest/stream-position.ts'
import { type RealMosquitto, requireReal, startMosquitto } from '../../support/real-servers.ts'
import { batchOf, frameAt, listeningLog, realClock, STREAM, until } from '../ingest/journal-support.ts'
import { dial, ears, GATEWAY, hangUp, NEIGHBOUR } from './broker-support.ts'
import { createTestAuthority } from './test-authority.ts'

const MOSQUITTO = requireReal('mosquitto')
const RECORDS = upTopic(GATEWAY, 'records')
const level5 = { protocolVersion: 5, username: undefined, password: undefined } as object

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  await hangUp()
  for (const stop of running.splice(0).reverse()) await stop()
})

async function mosquitto(options?: Parameters<typeof startMosquitto>[0]): Promise<RealMosquitto> {
  const server = await startMosquitto(options)
  running.push(() => server.stop())
  return server
}

async function join(url: string, more: Partial<BrokerEars> = {}, instance = 'one') {
  const told = ears(more)
  const broker: Broker = createBrokerClient({
    ...told.heard,
    url,
    instance,
    consumers: 2,
    clock: realClock,
    log: told.log,
  })
  running.push(() => broker.close())
  await broker.start()
  return { ...told, broker }
}

describe.skipIf(!MOSQUITTO)('behind Mosquitto', () => {
  test('a gateway at level 5 sends records, says its status, and hears its order and receipt', async () => {
    const server = await mosquitto()
    const { broker, accepted, statuses } = await join(server.url)
    const came: string[] = []
    broker.onGatewayConnected((gateway) => came.push(gateway))
    await broker.publish(downTopic(GATEWAY, 'order'), 'the newest order', { retain: true })
    const client = await dial(server.gatewayUrl, GATEWAY, level5)
    const heard: string[] = []
    client.on('message', (topic, payload) => heard.push(`${topic} ${payload}`))
    await client.subscribeAsync(downFilter(GATEWAY), { qos: 1 })
    const online = { v: 1, online: true, at: 1, software: '0.1.0' }
    await client.publishAsync(upTopic(GATEWAY, 'status'), JSON.stringify(online), { qos: 1, retain: true })
    await client.publishAsync(RECORDS, 'x', { qos: 1 })
    await until(() => accepted.length === 1 && statuses.length === 1 && heard.length === 1)
    expect(accepted).toEqual([{ gateway: GATEWAY, text: 'x' }])
    expect(statuses).toMatchObject([{ gateway: GATEWAY, status: online }])
    expect(came).toEqual([GATEWAY])
    expect(heard).toEqual([`${downTopic(GATEWAY, 'order')} the newest order`])
  })

  test('what could not be made durable stays with the broker and comes again, also to the next process', async () => {
    const server = await mosquitto()
    const failing = await join(server.url, { ingest: { accept: () => Promise.reject(new Error('disk full')) } })
    const client = await dial(server.gatewayUrl, GATEWAY, level5)
    for (const name of ['a', 'b', 'c', 'd', 'e']) await client.publishAsync(RECORDS, name, { qos: 1 })
    await until(() => failing.log.lines.some(({ event }) => event === 'broker.records-delayed'))
    await failing.broker.close()
    const healed = await join(server.url)
    await until(() => healed.accepted.length >= 5)
    expect(healed.accepted.map(({ text }) => text).sort()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('a stream with too many holes keeps nobody waiting: it is refused, and what comes behind is taken', async () => {
    const server = await mosquitto()
    const taken: string[] = []
    const accept = async (_: string, payload: Uint8Array): Promise<void> => {
      const text = Buffer.from(payload).toString()
      if (text === 'holes') throw new TooManyHoles('too many holes')
      taken.push(text)
    }
    const { counts } = await join(server.url, { ingest: { accept } })
    const client = await dial(server.gatewayUrl, GATEWAY, level5)
    // More of them than there are consumers.
    for (const name of ['holes', 'holes', 'holes', 'good']) await client.publishAsync(RECORDS, name, { qos: 1 })
    await until(() => taken.length === 1)
    await until(() => counts['over-limit'] === 3)
  })

  test('two cloud instances share the records: each goes to one of them', async () => {
    const server = await mosquitto()
    const one = await join(server.url, {}, 'one')
    const two = await join(server.url, {}, 'two')
    const client = await dial(server.gatewayUrl, GATEWAY, level5)
    const sent = Array.from({ length: 60 }, (_, index) => `${index}`)
    await Promise.all(sent.map((name) => client.publishAsync(RECORDS, name, { qos: 1 })))
    await until(() => one.accepted.length + two.accepted.length >= sent.length)
    const all = [...one.accepted, ...two.accepted].map(({ text }) => text)
    expect(all.sort((a, b) => Number(a) - Number(b))).toEqual(sent)
    expect(Math.min(one.accepted.length, two.accepted.length)).toBeGreaterThan(0)
  })

  test('the broker restarts in the middle of the load: every acknowledged record is in the journal once', async () => {
    const server = await mosquitto()
    const journal = createJournalStore({ path: ':memory:', clock: realClock })
    const receipts: number[] = []
    let publish: Broker['publish'] = () => Promise.reject(new Error('not yet'))
    const ingest = createIngestService({
      ...{ journal, clock: realClock, log: listeningLog(), count: () => {} },
      publish: (...given) => publish(...given),
    })
    const { broker } = await join(server.url, { ingest })
    publish = broker.publish
    const options = { ...level5, clean: false, reconnectPeriod: 100, properties: { sessionExpiryInterval: 600 } }
    const client = await dial(server.gatewayUrl, GATEWAY, options as object)
    client.on('message', (_, payload) => receipts.push(Receipt.parse(JSON.parse(payload.toString())).through))
    await client.subscribeAsync(downFilter(GATEWAY), { qos: 1 })
    const total = 300
    const sends = Array.from({ length: total }, (_, index) =>
      client.publishAsync(RECORDS, Buffer.from(batchOf(index + 1, [frameAt(index + 1)])), { qos: 1 }),
    )
    await until(() => journal.head() > 50)
    await server.restart()
    await Promise.all(sends)
    await until(() => journal.head() >= total, 30_000)
    const seqs = journal.read(0, 1000).map(({ seq }) => Number(seq))
    expect(seqs.sort((a, b) => a - b)).toEqual(Array.from({ length: total }, (_, index) => index + 1))
    ingest.gatewayConnected(GATEWAY)
    await until(() => receipts.includes(total))
    expect(journal.streamsOf(GATEWAY, 1)).toEqual([{ stream: STREAM, through: total }])
  }, 60_000)

  test.each(['restart', 'kill'] as const)(
    'a broker that comes back from its file (%s) with the sessions and without their shared subscriptions delivers again',
    async (how) => {
      const server = await mosquitto()
      const { accepted } = await join(server.url)
      const client = await dial(server.gatewayUrl, GATEWAY, { ...level5, reconnectPeriod: 100 } as object)
      await client.publishAsync(RECORDS, 'before', { qos: 1 })
      await until(() => accepted.length === 1)
      if (how === 'kill') {
        process.kill(server.pid(), 'SIGUSR1')
        await until(() => server.output().includes('Saving in-memory database'))
        await server.kill()
      }
      await server.restart()
      // What comes before the cloud listens again is lost to a broker without a subscriber: a gateway sends it again.
      await until(async () => {
        await client.publishAsync(RECORDS, 'after', { qos: 1 })
        return accepted.some(({ text }) => text === 'after')
      }, 15_000)
    },
    30_000,
  )

  test('with certificates and the access list, a gateway reaches its own topics and a revoked one nothing', async () => {
    const authority = await createTestAuthority()
    const server = await authority.issue('127.0.0.1')
    const broker = await mosquitto({ tls: { ca: authority.ca, certificate: server.cert, key: server.key } })
    const { accepted, revoked, counts } = await join(broker.url)
    const own = { ...level5, ...(await authority.issue(GATEWAY)), ca: authority.ca }
    const client = await dial(broker.gatewayUrl, GATEWAY, own)
    await client.publishAsync(RECORDS, 'own', { qos: 1 })
    await client.publishAsync(upTopic(NEIGHBOUR, 'records'), 'forged', { qos: 1 }).catch(() => {})
    await until(() => accepted.length >= 1)
    revoked.add(GATEWAY)
    await client.publishAsync(RECORDS, 'revoked', { qos: 1 })
    await until(() => counts['topic-refused'] === 1)
    expect(accepted).toEqual([{ gateway: GATEWAY, text: 'own' }])
  })
})
