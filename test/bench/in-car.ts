import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectAsync, type MqttClient } from 'mqtt'
import { DeviceId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { createNmeaDevice } from '../../demo/nmea-device-client.ts'
import { passwordOf, unitOf } from '../edge/local-bus/garage.ts'
import { type GatewayProcess, identify, nmeaInstallation, startGateway } from '../support/gateway-process.ts'
import { startJournal } from '../support/journal-process.ts'
import { freePort } from '../support/real-servers-process.ts'
import { until } from '../support/until.ts'
import type { Bench, BenchResult } from './bench.ts'
import { type Spread, spread, table } from './table.ts'

/** Each says its state once a second, as shipped profiles hear it. */
const UNITS = [
  {
    unit: unitOf('relay', 'shelly-gen2', 'shelly-relay'),
    topic: 'shelly-relay/status/switch:0',
    says: '{"output":false}',
  },
  {
    unit: unitOf('doors', 'shelly-gen2', 'shelly-doors'),
    topic: 'shelly-doors/status/input:0',
    says: '{"state":true}',
  },
  { unit: unitOf('plug', 'tasmota-relay', 'plug'), topic: 'stat/plug/POWER', says: 'OFF' },
  { unit: unitOf('obd', 'wican-obd', 'wican/d4f9'), topic: 'wican/d4f9/status', says: '{"status":"online"}' },
  {
    unit: unitOf('phone', 'owntracks-phone', 'driver/phone'),
    topic: 'owntracks/driver/phone',
    says: '{"_type":"location","lat":55.75,"lon":37.61,"tst":1795294715}',
  },
] as const

const withUnits = (plain: Installation, port: number): Installation => ({
  ...plain,
  devices: [
    ...plain.devices,
    ...UNITS.map(({ unit }) => ({ id: DeviceId.parse(unit.device), profile: unit.profile.id, port: unit.port })),
  ],
  localBus: { host: '127.0.0.1', port },
})

/** Resident memory in MB of the processes that this one has started. */
function childrenMb(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return children
    .map((child) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]) / 1024)
    .reduce((sum, one) => sum + one, 0)
}

const signIn = async (port: number): Promise<readonly MqttClient[]> => {
  const clients: MqttClient[] = []
  for (const { unit } of UNITS) {
    const { device: user } = unit
    const who = { clientId: user, username: user, password: passwordOf(user), protocolVersion: 4 as const }
    await until(`${user} is let in`, async () => {
      const client = await connectAsync({ host: '127.0.0.1', port, reconnectPeriod: 0, ...who }).catch(() => undefined)
      if (client !== undefined) clients.push(client)
      return client !== undefined
    })
  }
  return clients
}

async function measured(kind: 'alone' | 'with units', seconds: number): Promise<{ gateway: Spread; broker: number }> {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-bench-in-car-'))
  const [port, busPort] = [await freePort(), await freePort()]
  const journal = await startJournal(join(dir, 'journal.sqlite'), port)
  const receiver = createNmeaDevice({ host: '127.0.0.1', port: 0 })
  const plain = nmeaInstallation(await receiver.listen())
  identify(dir, `mqtt://127.0.0.1:${port}`)
  const installation = kind === 'alone' ? plain : withUnits(plain, busPort)
  const gateway: GatewayProcess = startGateway({ dir, installation })
  const clients = kind === 'alone' ? [] : await signIn(busPort)
  const talking = setInterval(() => {
    for (const [index, client] of clients.entries()) {
      const { topic, says } = UNITS[index] ?? UNITS[0]
      client.publish(topic, says, { qos: 1 })
    }
  }, 1000)
  try {
    await pause(15_000)
    const beats: number[] = []
    for (let beat = 0; beat < seconds / 5; beat += 1) {
      await pause(5000)
      beats.push(gateway.memoryMb().now)
    }
    if (clients.some(({ connected }) => !connected)) throw new Error('a unit was thrown out: nothing is measured')
    return { gateway: spread(beats), broker: childrenMb(gateway.pid) }
  } finally {
    clearInterval(talking)
    await Promise.all(clients.map((client) => client.endAsync(true)))
    await gateway.stop()
    await receiver.close()
    await journal.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

/** What five units on the in-car broker cost the computer: in the gateway, and in the broker's own process. */
export const inCar: Bench = {
  name: 'in-car',
  group: 'edge',
  about: 'memory of a gateway with five MQTT units at 1 Hz on its in-car broker, and without them',
  run: async ({ full, print }): Promise<BenchResult> => {
    const seconds = full ? 300 : 20
    const alone = await measured('alone', seconds)
    const { gateway, broker } = await measured('with units', seconds)
    const added = gateway.median - alone.gateway.median
    print(
      table([
        ['what', 'median', 'min', 'max'],
        ['gateway with a receiver, RSS MB', alone.gateway.median, alone.gateway.min, alone.gateway.max],
        ['the same and five MQTT units, RSS MB', gateway.median, gateway.min, gateway.max],
        ['added to the gateway, MB', added, '', ''],
        ['broker, a process of its own, RSS MB', broker, '', ''],
      ]),
    )
    const more = { aloneMb: alone.gateway, addedMb: added, brokerMb: broker }
    return { unit: 'MB', pairs: 0, own: gateway, peer: null, ratio: null, void: null, more }
  },
}
