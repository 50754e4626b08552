import { fork } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { connect as dial, Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { connectAsync } from 'mqtt'
import { createModbusDevice } from '../../demo/modbus-device-client.ts'
import { createRelayUnit } from '../../demo/relay-unit.ts'
import { systemClock } from '../support/system-clock.ts'

export type BarePeer = {
  readonly mqttPort: number
  /** Milliseconds from the click until the peer's feed says that the car has read its relay back. */
  click(word: 'block' | 'unblock'): Promise<number>
  close(): Promise<void>
}

/**
 * The same click over bare MQTT.js: HTTP, QoS 1, a coil written and read back on the same simulated board and bus, QoS 1,
 * a server-sent event. `throughPort` puts another port (a proxy) before the broker.
 */
export async function startBarePeer(
  busMs: (bytes: number) => number,
  through?: (port: number) => Promise<number>,
): Promise<BarePeer> {
  const cloud = fork(fileURLToPath(new URL('./bare-click.ts', import.meta.url)), { stdio: 'inherit' })
  const [ports] = (await once(cloud, 'message')) as [{ mqtt: number; http: number }]
  const board = createRelayUnit(
    Array.from({ length: 8 }, () => false),
    () => false,
    () => {},
  )
  const line = createModbusDevice({
    units: new Map([[1, board]]),
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    latencyMs: busMs,
  })
  const socket = dial(await line.listen(), '127.0.0.1').setNoDelay(true)
  let transaction = 0
  const ask = async (...pdu: readonly number[]): Promise<Buffer> => {
    transaction = (transaction + 1) & 0xffff
    const head = Buffer.alloc(7)
    head.writeUInt16BE(transaction, 0)
    head.writeUInt16BE(pdu.length + 1, 4)
    head[6] = 1
    socket.write(Buffer.concat([head, Buffer.from(pdu)]))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer
  }
  const mqttPort = through === undefined ? ports.mqtt : await through(ports.mqtt)
  const car = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { protocolVersion: 4 })
  // As any tuning guide says; without it each answer waits 40 ms for an acknowledgement.
  if (car.stream instanceof Socket) car.stream.setNoDelay(true)
  await car.subscribeAsync('order/car', { qos: 1 })
  car.on('message', (_topic, payload) => {
    const level = payload.toString() === 'block' ? 0xff : 0x00
    void ask(5, 0, 0, level, 0)
      .then(() => ask(1, 0, 0, 0, 8))
      .then((read) => car.publishAsync('done/car', String((read[9] ?? 0) & 1), { qos: 1 }))
  })
  let heard: (word: string) => void = () => {}
  const events = get(`http://127.0.0.1:${ports.http}/events`, (answer) => {
    answer.setEncoding('utf8').on('data', (text: string) => heard(text))
  })
  await once(events, 'response')
  return {
    mqttPort,
    click: async (word) => {
      const done = new Promise<string>((resolve) => {
        heard = resolve
      })
      const from = performance.now()
      await (await fetch(`http://127.0.0.1:${ports.http}/${word}?car=car`, { method: 'POST' })).arrayBuffer()
      const text = await done
      if (!text.includes(word === 'block' ? 'car 1' : 'car 0')) throw new Error(`the peer says ${text}`)
      return performance.now() - from
    },
    close: async () => {
      events.destroy()
      await car.endAsync(true)
      socket.destroy()
      await line.close()
      cloud.disconnect()
    },
  }
}
