import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type MqttClient } from 'mqtt'
import { afterAll, describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { Receipt } from '#contract/receipt.ts'
import { downFilter, upTopic } from '#contract/topics.ts'
import { createJournalStore } from '../../../cloud/ingest/journal-store.ts'
import { freePort } from '../../support/real-servers-process.ts'
import { batchOf, frameAt, realClock, STREAM, tempDir } from './journal-support.ts'

const GATEWAYS = 10
const WINDOW = 10
const KILLS = 12

const temp = tempDir()
let child: ChildProcess | undefined
afterAll(() => {
  child?.kill('SIGKILL')
  temp.remove()
})

async function startIngest(path: string, port: number): Promise<ChildProcess> {
  const started = fork(new URL('./ingest-process.ts', import.meta.url), [path, String(port)], { execArgv: [] })
  await once(started, 'message')
  return started
}

/** One gateway that sends as fast as its window allows, and writes down what was acknowledged and receipted. */
function createSender(port: number, index: number) {
  const gateway = GatewayId.parse(`gw-kill${String(index).padStart(4, '0')}`)
  const acknowledged = new Set<number>()
  let receipted = 0
  let next = 1
  let sending: 'on' | 'off' = 'on'
  const options = { clientId: gateway, username: gateway, password: 'x', reconnectPeriod: 20, connectTimeout: 2000 }
  const client: MqttClient = connect(`mqtt://127.0.0.1:${port}`, { ...options, queueQoSZero: false })
  client.on('error', () => {})
  client.on('connect', () => client.subscribe(downFilter(gateway), { qos: 1 }))
  client.on('message', (_, payload) => {
    receipted = Math.max(receipted, Receipt.parse(JSON.parse(payload.toString())).through)
  })
  const lane = async (): Promise<void> => {
    while (sending === 'on') {
      const seq = next
      next += 1
      await client.publishAsync(upTopic(gateway, 'records'), Buffer.from(batchOf(seq, [frameAt(seq)])), { qos: 1 })
      acknowledged.add(seq)
    }
  }
  const lanes = Promise.all(Array.from({ length: WINDOW }, lane))
  return {
    gateway,
    acknowledged,
    receipted: () => receipted,
    drain: async () => {
      sending = 'off'
      await lanes
      await client.endAsync(true)
    },
  }
}

describe('kill -9 of broker and ingest under load', () => {
  test(`${KILLS} times: nothing acknowledged is lost, nothing is stored twice`, async () => {
    const path = temp.file('killed.sqlite')
    const port = await freePort()
    child = await startIngest(path, port)
    const senders = Array.from({ length: GATEWAYS }, (_, index) => createSender(port, index))
    const ledger = () => senders.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0)
    for (let kill = 1; kill <= KILLS; kill += 1) {
      const before = ledger()
      while (ledger() < before + 500) await pause(5)
      await pause(Math.random() * 200)
      child.kill('SIGKILL')
      await once(child, 'exit')
      child = await startIngest(path, port)
    }
    await Promise.all(senders.map((sender) => sender.drain()))
    child.kill('SIGKILL')
    await once(child, 'exit')

    const journal = createJournalStore({ path, clock: realClock })
    const stored = new Map<string, number>()
    for (let after = 0; ; ) {
      const entries = journal.read(after, 5000)
      if (entries.length === 0) break
      for (const { position, gateway, stream, seq, record } of entries) {
        const key = `${gateway} ${stream} ${seq}`
        stored.set(key, (stored.get(key) ?? 0) + 1)
        if (record.kind !== 'frame' || Number(record.readAt) !== Number(seq))
          throw new Error(`${key} is not what was sent`)
        after = position
      }
    }
    journal.close()
    const lost = senders.flatMap(({ gateway, acknowledged }) =>
      [...acknowledged].filter((seq) => !stored.has(`${gateway} ${STREAM} ${seq}`)),
    )
    const receiptedButLost = senders.flatMap(({ gateway, receipted }) =>
      Array.from({ length: receipted() }, (_, index) => index + 1).filter(
        (seq) => !stored.has(`${gateway} ${STREAM} ${seq}`),
      ),
    )
    expect({ lost, receiptedButLost, twice: [...stored].filter(([, times]) => times > 1) }).toEqual({
      lost: [],
      receiptedButLost: [],
      twice: [],
    })
    expect(ledger()).toBeGreaterThan(KILLS * 500)
    expect(senders.every(({ receipted }) => receipted() > 0)).toBe(true)
  }, 60_000)
})
