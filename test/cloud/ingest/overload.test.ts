import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectAsync } from 'mqtt'
import mqtt from 'mqtt-packet'
import { expect, test } from 'vitest'
import { upTopic } from '#contract/topics.ts'
import { startForked } from '../../bench/forked.ts'
import { loadOf, namedGateways } from '../../bench/load-of.ts'
import { startLoad } from '../../support/load.ts'
import { frameOf } from '../../support/load-client.ts'
import { freePort } from '../../support/real-servers-process.ts'
import { tallyJournals } from '../../support/stored-frames.ts'

/** More than any machine takes here; `npm run bench -- loss` does the same to the whole cloud for a minute. */
const OFFERED = 300_000
const SENDERS = 150

test('offered far more than it can take, it slows everybody down: nobody is turned away, nothing is lost or doubled', async () => {
  const { path, port, end } = await house()
  try {
    const load = await startLoad({ ...loadOf(namedGateways(SENDERS), port), framesPerS: OFFERED })
    await pause(2500)
    const report = await load.stop()
    expect(report.frames / report.seconds).toBeLessThan(OFFERED / 2)
    expect(report.reconnects).toBe(0)
    expect(tallyJournals([path], report.ledger)).toEqual({ stored: report.frames, lost: 0, duplicates: 0 })
  } finally {
    await end()
  }
}, 90_000)

test('a client that floods and reads no answer is slowed down itself; its neighbours are served', async () => {
  const { path, port, end, rssMb } = await house()
  const [flooding, neighbour] = namedGateways(2)
  if (flooding === undefined || neighbour === undefined) throw new Error('two are asked for')
  try {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.on('error', () => {})
    const hello = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 } as const
    const named = { clientId: flooding.id, username: flooding.id, password: Buffer.from('x') }
    socket.write(mqtt.generate({ ...hello, ...named }))
    await once(socket, 'data')
    socket.pause()
    const [topic, large] = [upTopic(flooding.id, 'records'), 'x'.repeat(2000)]
    // Broken records: kept too, and so the dearest that a client can send.
    const message = (messageId: number): Buffer =>
      mqtt.generate({ cmd: 'publish', topic, messageId, payload: `{${large}`, qos: 1, dup: false, retain: false })
    let sent = 0
    const flood = setInterval(() => {
      while (!socket.destroyed && socket.writableLength < 4_000_000) socket.write(message((sent++ % 65_535) + 1))
    }, 5)
    const other = await connectAsync(`mqtt://127.0.0.1:${port}`, {
      ...{ clientId: neighbour.id, username: neighbour.id, password: 'x', protocolVersion: 4 },
    })
    const took: number[] = []
    for (let seq = 1; seq <= 60; seq += 1) {
      const from = performance.now()
      const records = [frameOf(seq, { from: 1_795_289_123_456, stepMs: 1000 })]
      const batch = JSON.stringify({ v: 1, stream: neighbour.stream, firstSeq: seq, records })
      await other.publishAsync(upTopic(neighbour.id, 'records'), batch, { qos: 1 })
      took.push(performance.now() - from)
    }
    clearInterval(flood)
    expect(sent).toBeGreaterThan(1000)
    expect(Math.max(...took)).toBeLessThan(5000)
    expect(rssMb()).toBeLessThan(500)
    const page = { gateway: neighbour.id, stream: neighbour.stream, through: 60, beyond: [] }
    expect(tallyJournals([path], [page])).toEqual({ stored: 60, lost: 0, duplicates: 0 })
    socket.destroy()
    await other.endAsync(true)
  } finally {
    await end()
  }
}, 90_000)

async function house() {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-overload-'))
  const [path, port] = [join(dir, 'journal.sqlite'), await freePort()]
  const running = await startForked('../cloud/ingest/ingest-process.ts', [path, String(port)])
  const end = async (): Promise<void> => {
    await running.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  return { path, port, end, rssMb: running.rssMb }
}
