import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import mqtt from 'mqtt-packet'
import { afterEach, describe, expect, test } from 'vitest'

const PUBLISHERS = 50
const WINDOW = 200
const PUBACK_BYTES = 4
const ENOUGH = PUBLISHERS * WINDOW * 0.9
const payload = Buffer.alloc(600, 'x')

const hello = (clientId: string) =>
  mqtt.generate({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId, clean: true, keepalive: 60 })
const windowful = Buffer.concat(
  Array.from({ length: WINDOW }, (_, index) =>
    mqtt.generate({
      cmd: 'publish',
      topic: 'load/x',
      payload,
      qos: 1,
      messageId: index + 1,
      dup: false,
      retain: false,
    }),
  ),
)
const subscribeAll = mqtt.generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 1 }] })

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A broker in a process of its own: with the house's options, or as it comes. */
async function startBroker(options: 'ours' | 'stock') {
  const child = fork(new URL('./aedes-process.ts', import.meta.url), [options], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
  })
  children.push(child)
  let words = ''
  child.stderr?.on('data', (text: Buffer) => {
    words = (words + text).slice(-4000)
  })
  const [line]: Buffer[] = await once(child.stdout ?? child, 'data')
  return { port: Number(line), alive: () => child.exitCode === null && child.signalCode === null, words: () => words }
}

/** The next bytes from the broker; gives up when it is gone or silent. */
const heard = (socket: Socket, limitMs = 3000): Promise<unknown> =>
  Promise.race([once(socket, 'data'), once(socket, 'close'), pause(limitMs, undefined, { ref: false })]).catch(() => {})

async function open(port: number, clientId: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(hello(clientId))
  await heard(socket)
  return socket
}

/** Publishers at full window and a subscriber that has fallen behind, all cut off at the same moment. */
async function abruptEnd(port: number, round: number): Promise<void> {
  const subscriber = await open(port, `subscriber-${round}`)
  subscriber.write(subscribeAll)
  await heard(subscriber)
  subscriber.pause()
  const publishers = await Promise.all(
    Array.from({ length: PUBLISHERS }, (_, index) => open(port, `publisher-${round}-${index}`)),
  )
  let acknowledged = 0
  for (const publisher of publishers) {
    publisher.on('data', (bytes) => {
      acknowledged += bytes.length / PUBACK_BYTES
    })
    publisher.write(windowful)
  }
  // Cut off once the broker has most of it, and so owes the subscriber a long queue.
  for (let waited = 0; acknowledged < ENOUGH && waited < 1500; waited += 10) await pause(10)
  for (const socket of [...publishers, subscriber]) socket.resetAndDestroy()
  await pause(60)
}

describe('a backlogged subscriber and its publishers drop abruptly', () => {
  test('100 times under load (on a slow machine at least 20), and the broker with our options lives and serves', async () => {
    const broker = await startBroker('ours')
    const enough = performance.now() + 50_000
    for (let round = 1; round <= 100 && broker.alive(); round += 1) {
      await abruptEnd(broker.port, round)
      if (round >= 20 && performance.now() > enough) break
    }
    expect(broker.words()).toBe('')
    expect(broker.alive()).toBe(true)
    const late = await open(broker.port, 'late')
    late.write(mqtt.generate({ cmd: 'pingreq' }))
    const [answer]: Buffer[] = await once(late, 'data')
    expect(answer).toEqual(mqtt.generate({ cmd: 'pingresp' }))
    late.destroy()
  }, 120_000)

  test('negative control: the stock emitter overflows its stack within 5 kills, so this test still tests', async () => {
    const broker = await startBroker('stock')
    let kills = 0
    while (kills < 5 && broker.alive()) {
      kills += 1
      await abruptEnd(broker.port, kills)
    }
    expect(broker.alive()).toBe(false)
    expect(broker.words()).toContain('Maximum call stack size exceeded')
  }, 60_000)
})
