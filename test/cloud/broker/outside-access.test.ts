import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { downTopic, upTopic } from '#contract/topics.ts'
import { hearable, publishable } from '../../../cloud/broker/topic-access.ts'
import { requireReal, startMosquitto } from '../../support/real-servers.ts'
import { freePort } from '../../support/real-servers-process.ts'
import { drawTriples, IDENTITIES, isNameless, mayBy, type Triple, WHO } from '../../support/topic-triples.ts'
import { createTestAuthority } from './test-authority.ts'

/** KORDON_TRIPLES=1000000 asks for the long form. */
const COUNT = Number(process.env['KORDON_TRIPLES'] ?? 6000)
const SEED = Number(process.env['KORDON_SEED'] ?? Date.now() % 1_000_000)
const BATCH = 400

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const dir = mkdtempSync(join(tmpdir(), 'kordon-access-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const fenceOf = (who: Triple['who'], operation: Triple['operation']): string => {
  const identity = IDENTITIES[who]
  if (identity.kind === 'phone') return `owntracks/${identity.user}/fence`
  return operation === 'publish' ? upTopic(identity.gateway, 'status') : downTopic(identity.gateway, 'receipt')
}
const wordOf = ({ who, operation, topic }: Triple): string => `${who} ${operation} ${topic}`

describe('nobody speaks or hears where he does not belong', () => {
  test(`the embedded broker's rules agree with the contract on ${COUNT} random questions`, () => {
    const triples = drawTriples(SEED, COUNT)
    const wrong = triples.filter((triple) => {
      const identity = IDENTITIES[triple.who]
      const may =
        triple.operation === 'publish'
          ? publishable(identity, triple.topic) !== undefined
          : hearable(identity, triple.topic)
      return may !== (mayBy(triple) && !isNameless(triple))
    })
    expect(wrong.slice(0, 5).map(wordOf)).toEqual([])
    expect(triples.filter(mayBy).length).toBeGreaterThan(COUNT / 40)
  })

  test.skipIf(!requireReal('mosquitto'))(
    `Mosquitto under the generated lists agrees with it on ${COUNT} random questions`,
    async () => {
      const authority = await createTestAuthority()
      const server = await authority.issue('broker')
      const backDoor = await freePort()
      const broker = await startMosquitto({
        tls: { ca: authority.ca, certificate: server.cert, key: server.key, phones: ['ivan'] },
        config: `listener ${backDoor} 127.0.0.1\nallow_anonymous true\n`,
      })
      closing.push(broker.stop)
      const keep = (client: MqttClient): MqttClient => {
        closing.push(() => client.endAsync(true))
        return client
      }
      const witness = keep(await connectAsync(`mqtt://127.0.0.1:${backDoor}`, { protocolVersion: 5 }))
      await witness.subscribeAsync('#', { qos: 0 })
      const clients = new Map<Triple['who'], MqttClient>()
      for (const who of WHO) {
        const identity = IDENTITIES[who]
        const proof =
          identity.kind === 'gateway'
            ? await authority.issue(identity.gateway)
            : { username: identity.user, password: 'for tests only' }
        const address = (identity.kind === 'gateway' ? broker.gatewayUrl : broker.phoneUrl) ?? ''
        const client = keep(await connectAsync(address, { ...proof, ca: authority.ca, protocolVersion: 4 }))
        // It asks for everything; what counts is what it is given.
        await client.subscribeAsync(['#', '+/+', '/#'], { qos: 0 }).catch(() => undefined)
        clients.set(who, client)
      }
      /** Numbers of the questions whose message came through, by who received it. */
      const came = new Set<string>()
      const fences = new Map<string, () => void>()
      const hear = (receiver: string) => (_: string, payload: Buffer) => {
        const text = payload.toString()
        came.add(`${receiver} ${text}`)
        fences.get(`${receiver} ${text}`)?.()
      }
      witness.on('message', hear('witness'))
      for (const [who, client] of clients) client.on('message', hear(who))

      const wrong: string[] = []
      let asked = 0
      for (let from = 0; from < COUNT; from += BATCH) {
        const triples = drawTriples(SEED + from, Math.min(BATCH, COUNT - from))
        came.clear()
        const passed: Promise<void>[] = []
        for (const who of WHO)
          for (const operation of ['publish', 'hear'] as const) {
            const sender = operation === 'publish' ? clients.get(who) : witness
            const receiver = operation === 'publish' ? 'witness' : who
            for (const [index, triple] of triples.entries())
              if (triple.who === who && triple.operation === operation) {
                sender?.publish(triple.topic, String(from + index), { qos: 0 })
                asked += 1
              }
            const mark = `fence ${who} ${operation} ${from}`
            passed.push(new Promise((done) => fences.set(`${receiver} ${mark}`, done)))
            sender?.publish(fenceOf(who, operation), mark, { qos: 0 })
          }
        await Promise.all(passed)
        fences.clear()
        for (const [index, triple] of triples.entries()) {
          const did = came.has(`${triple.operation === 'publish' ? 'witness' : triple.who} ${from + index}`)
          if (did !== mayBy(triple)) wrong.push(`${wordOf(triple)}: ${did ? 'came through' : 'did not'}`)
        }
      }
      expect(wrong.slice(0, 10), `seed ${SEED}`).toEqual([])
      expect(asked).toBe(COUNT)
    },
    30 * 60_000,
  )
})
