import { createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { Aedes } from 'aedes'
import { CompactSign, exportJWK, generateKeyPair } from 'jose'
import mqemitter from 'mqemitter'
import { parseBatch } from '#contract/batch.ts'
import type { GatewayId, StreamId } from '#contract/ids.ts'
import { SignerKey } from '#contract/provisioning.ts'
import type { GatewayRecord } from '#contract/record.ts'
import { downTopic, parseTopic } from '#contract/topics.ts'

export type Delivered = { readonly stream: StreamId; readonly seq: number; readonly record: GatewayRecord }

/** A cloud as a gateway sees it: a real broker over TCP, a journal in memory, receipts, and orders signed by its key. */
export type CloudMock = {
  readonly brokerUrl: string
  readonly signerKeys: readonly SignerKey[]
  /** Every distinct record, in the order of arrival. */
  readonly delivered: readonly Delivered[]
  /** How often a number came again. */
  repeats(): number
  refused(): readonly string[]
  statuses(): readonly string[]
  /** Whether records are receipted; without receipts a gateway must forget nothing. */
  giveReceipts(given: 'yes' | 'no'): void
  sign(claims: object): Promise<string>
  order(gateway: GatewayId, jws: string): Promise<void>
  /** The same keys; `typ` says what it is signed as. */
  signAs(typ: string, claims: object): Promise<string>
  configuration(gateway: GatewayId, jws: string): Promise<void>
  /** While `shut`, whoever connects is cut off. */
  door(is: 'open' | 'shut'): void
  /** Ends every connection without a word. */
  cut(): void
  close(): Promise<void>
}

/** `tls`: it listens with this identity instead of in the clear. */
export async function createCloudMock(
  port = 0,
  tls?: { readonly key: string; readonly cert: string },
): Promise<CloudMock> {
  const broker = await Aedes.createBroker({ mq: mqemitter({ concurrency: 0 }), drainTimeout: 10_000 })
  const { privateKey, publicKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const kid = 'mock-signer'
  const signerKey = SignerKey.parse({ ...(await exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' })
  const delivered: Delivered[] = []
  const statuses: string[] = []
  const refused: string[] = []
  const stored = new Map<StreamId, Set<number>>()
  let repeated = 0
  let receipts: 'yes' | 'no' = 'yes'
  let door: 'open' | 'shut' = 'open'

  const publish = (topic: string, payload: string, retain: boolean): Promise<void> =>
    new Promise((done, failed) => {
      const packet = { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false } as const
      broker.publish(packet, (error) => (error ? failed(error) : done()))
    })

  const take = (gateway: GatewayId, payload: Buffer): void => {
    const batch = parseBatch(payload)
    if (!batch.ok) return void refused.push(batch.reason)
    const seen = stored.get(batch.stream) ?? new Set<number>()
    stored.set(batch.stream, seen)
    for (const item of batch.items) {
      if ('refused' in item) refused.push(item.refused)
      if (seen.has(item.seq)) repeated += 1
      else if ('record' in item) delivered.push({ stream: batch.stream, seq: item.seq, record: item.record })
      seen.add(item.seq)
    }
    let through = 0
    while (seen.has(through + 1)) through += 1
    if (receipts === 'yes')
      void publish(downTopic(gateway, 'receipt'), JSON.stringify({ v: 1, stream: batch.stream, through }), false)
  }

  broker.authorizePublish = (client, packet, done) => {
    const topic = parseTopic(packet.topic)
    if (topic?.direction !== 'up' || (client !== null && client.id !== topic.gateway))
      return done(new Error('not yours'))
    const payload = Buffer.from(packet.payload)
    if (topic.channel === 'status') statuses.push(payload.toString())
    else take(topic.gateway, payload)
    done(null)
  }

  const sockets = new Set<Socket>()
  const serve = (socket: Socket): void => {
    if (door === 'shut') return void socket.destroy()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    broker.handle(socket)
  }
  const server: Server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve)
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port

  return {
    brokerUrl: `${tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${taken}`,
    signerKeys: [signerKey],
    delivered,
    repeats: () => repeated,
    refused: () => refused,
    statuses: () => statuses,
    giveReceipts: (given) => {
      receipts = given
    },
    sign: (claims) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'EdDSA', kid })
        .sign(privateKey),
    order: (gateway, jws) => publish(downTopic(gateway, 'order'), jws, true),
    signAs: (typ, claims) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
        .setProtectedHeader({ alg: 'EdDSA', kid, typ })
        .sign(privateKey),
    configuration: (gateway, jws) => publish(downTopic(gateway, 'config'), jws, true),
    door: (is) => {
      door = is
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: async () => {
      await new Promise<void>((done) => broker.close(() => done()))
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((done) => server.close(() => done()))
    },
  }
}
