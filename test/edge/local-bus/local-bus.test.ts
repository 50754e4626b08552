import { readdirSync, readFileSync } from 'node:fs'
import type { MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { epochMs, seconds } from '#contract/instant.ts'
import { createLocalBus } from '../../../edge/local-bus/app.ts'
import type { Reading } from '../../../edge/profile/reading.ts'
import { createEdgeRig, type EdgeRig, GATEWAY } from '../../support/edge-rig.ts'
import { freePort } from '../../support/real-servers-process.ts'
import { systemClock } from '../../support/system-clock.ts'
import { until } from '../../support/until.ts'
import { obdUnit, relayUnit, signIn } from './garage.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** The broker processes that this test run has started. Linux tells a process its children. */
function brokerPids(): readonly number[] {
  const tasks = readdirSync('/proc/self/task')
  return tasks
    .flatMap((task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8').trim().split(' '))
    .filter((pid) => pid !== '' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('local-bus/main.ts'))
    .map(Number)
}

/** A unit with its own little firmware, which comes back whenever it lost the broker. */
async function firmware(port: number) {
  const prefix = relayUnit.port.prefix
  const unit = { output: false, mute: false, switched: [] as string[] }
  const online = `${prefix}/online`
  const client: MqttClient = await until('the broker listens', () =>
    signIn(port, 'relay', {
      reconnectPeriod: 100,
      will: { topic: online, payload: Buffer.from('false'), qos: 1, retain: true },
    }).catch(() => undefined),
  )
  closers.push(() => client.endAsync(true))
  const tell = (): void => {
    if (!unit.mute) client.publish(`${prefix}/status/switch:0`, JSON.stringify({ output: unit.output }), { qos: 1 })
  }
  client.on('error', () => undefined)
  client.on('message', (topic, payload) => {
    if (topic.endsWith('/command/switch:0')) {
      unit.switched.push(payload.toString())
      unit.output = payload.toString() === 'on'
    }
    tell()
  })
  const arrive = async (): Promise<void> => {
    await client.subscribeAsync([`${prefix}/command`, `${prefix}/command/switch:0`], { qos: 1 })
    await client.publishAsync(online, 'true', { qos: 1, retain: true })
  }
  client.on('connect', () => void arrive().catch(() => undefined))
  await arrive()
  return unit
}

async function startBus() {
  const port = await freePort()
  const lines: { event: string; fields: object }[] = []
  const write = (fields: object, event: string): void => void lines.push({ event, fields })
  let secret = 0
  const bus = createLocalBus({
    devices: [relayUnit, obdUnit],
    drives: relayUnit.device,
    localBus: { host: '127.0.0.1', port },
    clock: systemClock,
    log: { debug: () => {}, info: write, warn: write, error: write },
    notBefore: epochMs(0),
    newSecret: () => `secret ${++secret}`,
  })
  const latest = new Map<string, Reading>()
  const stop = new AbortController()
  const done = bus.run((readings) => {
    for (const reading of readings) latest.set(`${reading.device}/${reading.name}`, reading)
  }, stop.signal)
  closers.push(async () => {
    stop.abort()
    await done
    expect(brokerPids()).toEqual([])
  })
  const relay = bus.relay
  if (relay === undefined) throw new Error('no relay')
  return { port, relay, latest, lines, stop: stop.signal }
}

test('a relay on MQTT is written and read back over a broker in its own process', async () => {
  const { port, relay, latest, stop } = await startBus()
  expect(latest.get('relay/drive')).toMatchObject({ quality: 'bad', reason: 'offline' })
  const unit = await firmware(port)
  await until('the relay is asked and answers', () => latest.get('relay/drive')?.quality === 'good')
  expect(latest.get('relay/online')).toMatchObject({ value: true, quality: 'good' })
  await relay.writeDrive('blocked', stop)
  expect(await relay.readDrive(stop)).toMatchObject({ drive: 'blocked' })
  await relay.writeDrive('free', stop)
  expect(await relay.readDrive(stop)).toMatchObject({ drive: 'free' })
  expect(unit.switched).toEqual(['on', 'off'])
  expect(latest.get('relay/drive')).toMatchObject({ value: 'free', quality: 'good', evidence: true })
  unit.mute = true
  await until('its last words have come', async () => (await relay.readDrive(stop)).drive === 'unknown')
  await relay.writeDrive('blocked', stop)
  expect(await relay.readDrive(stop)).toMatchObject({ drive: 'unknown', cause: 'timeout' })
})

test('when the broker is killed its units are stale, no command waits, and all of it comes back', async () => {
  const { port, relay, latest, lines, stop } = await startBus()
  const unit = await firmware(port)
  await until('the relay has spoken', () => latest.get('relay/drive')?.quality === 'good')
  const [pid] = brokerPids()
  if (pid === undefined) throw new Error('no broker process')
  process.kill(pid, 'SIGKILL')
  await until('the relay is stale', () => latest.get('relay/drive')?.quality === 'stale')
  expect(latest.get('relay/drive')).toMatchObject({ value: 'free', reason: 'offline' })
  await expect(relay.writeDrive('blocked', stop)).rejects.toThrow('the in-car broker is away')
  await until('another broker', () => brokerPids().some((other) => other !== pid))
  await until('the relay speaks again', () => latest.get('relay/drive')?.quality === 'good')
  await relay.writeDrive('blocked', stop)
  expect(await relay.readDrive(stop)).toMatchObject({ drive: 'blocked' })
  // The command of the time without a broker was never said again.
  expect(unit.switched).toEqual(['on'])
  expect(lines.map(({ event }) => event)).toContain('local-bus.ended')
})

test('an order blocks and frees a car whose relay is on MQTT, through the whole gateway', async () => {
  const port = await freePort()
  const rig: EdgeRig = await createEdgeRig({
    speed: 5,
    change: (installation) => ({
      ...installation,
      localBus: { host: '127.0.0.1', port },
      devices: [...installation.devices, { id: DeviceId.parse('plug'), profile: 'shelly-gen2', port: relayUnit.port }],
      immobilizer: { device: DeviceId.parse('plug'), circuit: 'starter', contact: 'normally-closed' },
    }),
  })
  closers.push(() => rig.close())
  rig.start()
  const unit = await firmware(port)
  const done = async (action: 'block' | 'unblock', seq: number): Promise<readonly string[]> => {
    const claims = rig.claims(action, seq)
    await rig.cloud.order(GATEWAY, await rig.cloud.sign(claims))
    await until(`${action} is verified`, () => rig.reports(claims.orderId).some(({ state }) => state === 'verified'))
    return unit.switched
  }
  expect(await done('block', 1)).toEqual(['on'])
  await until('the frames say so', () =>
    rig.cloud.delivered.some(({ record }) => record.kind === 'frame' && record.relay === 'open'),
  )
  expect(await done('unblock', 2)).toEqual(['on', 'off'])
  // The relay board that is there too was never touched.
  expect(rig.switches).toEqual([])
}, 90_000)

test('the broker dies and dies again while a car is blocked by a Modbus relay: the interlock works on', async () => {
  const port = await freePort()
  const rig: EdgeRig = await createEdgeRig({
    speed: 20,
    change: (installation) => ({
      ...installation,
      localBus: { host: '127.0.0.1', port },
      devices: [...installation.devices, { id: obdUnit.device, profile: obdUnit.profile.id, port: obdUnit.port }],
    }),
  })
  closers.push(() => rig.close())
  rig.start()
  const killing = new AbortController()
  const killer = (async (): Promise<number> => {
    const killed = new Set<number>()
    while (!killing.signal.aborted) {
      for (const pid of brokerPids()) {
        process.kill(pid, 'SIGKILL')
        killed.add(pid)
      }
      await systemClock.sleep(seconds(0.1), killing.signal)
    }
    return killed.size
  })()
  const verified = async (action: 'block' | 'unblock', seq: number): Promise<void> => {
    const claims = rig.claims(action, seq)
    await rig.cloud.order(GATEWAY, await rig.cloud.sign(claims))
    await until(`${action} is verified`, () => rig.reports(claims.orderId).some(({ state }) => state === 'verified'))
  }
  await verified('block', 1)
  expect(rig.coils()[0]).toBe(true)
  await verified('unblock', 2)
  expect(rig.coils()[0]).toBe(false)
  killing.abort()
  expect(await killer).toBeGreaterThan(1)
  await until('the broker is back', async () => {
    const client = await signIn(port, 'obd').catch(() => undefined)
    await client?.endAsync(true)
    return client !== undefined
  })
}, 90_000)
