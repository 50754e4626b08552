import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectAsync, type MqttClient } from 'mqtt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GatewayId, OrderId } from '#contract/ids.ts'
import { Order } from '#contract/order.ts'
import { downTopic } from '#contract/topics.ts'
import { createPkiService } from '../../cloud/pki/pki-service.ts'
import { createPkiStore } from '../../cloud/pki/pki-store.ts'
import { createSignerClient } from '../../cloud/signer/signer-client.ts'
import type { DemoVehicle } from '../../demo/app.ts'
import type { VehiclePlan } from '../../demo/fleet.ts'
import { type RealMosquitto, requireReal, startMosquitto } from '../support/real-servers.ts'
import { freePort } from '../support/real-servers-process.ts'
import type { RestClient } from '../support/rest-client.ts'
import { type RunningCloud, startCloud } from '../support/running-cloud.ts'
import { type RunningFleet, startFleet } from '../support/running-fleet.ts'
import { systemClock } from '../support/system-clock.ts'
import { until } from '../support/until.ts'

const MINUTE = 60_000
/** The fleet lives ten times faster, so that a minute of standstill is six seconds. */
const SPEED = 10

const parked = (key: string, plate: string): VehiclePlan => ({
  key,
  plate,
  model: 'Haval Jolion',
  fitting: 'gps-unit-and-relay',
  life: { kind: 'parked', at: { lat: 55.7172, lon: 37.7935 } },
})
const [TARGET, OTHER] = [parked('target', 'М201ТУ799'), parked('other', 'М202ТУ799')]
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe.skipIf(!requireReal('mosquitto'))('an attacker who owns the broker', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-attacks-'))
  let mosquitto: RealMosquitto
  let cloud: RunningCloud
  let fleet: RunningFleet
  let api: RestClient
  let attacker: MqttClient
  let target: DemoVehicle
  let watching: NodeJS.Timeout
  const ids = new Map<string, string>()
  /** The newest order of each gateway that went over the broker. */
  const captured = new Map<string, string[]>()
  let moves: boolean[] = []

  const vehicle = async (key: string) => (await api.get(`/api/vehicles/${ids.get(key)}`)).body
  const place = (key: string) =>
    api.send('POST', `/api/vehicles/${ids.get(key)}/holds`, { reason: 'manual', note: 'Проверка' })
  const gatewayOf = (which: DemoVehicle): GatewayId => {
    const id = which.provisioned()?.gatewayId
    if (id === undefined) throw new Error('not provisioned')
    return id
  }
  const rejected = (): number => target.gateway()?.status().rejectedOrders ?? 0
  const attack = (payload: string | Buffer, retain = false) =>
    attacker.publishAsync(downTopic(gatewayOf(target), 'order'), payload, { qos: 1, retain })

  beforeAll(async () => {
    // Larger messages than an operator's broker lets through, so that the gateway's own limit is what is tried.
    const world = {
      clock: systemClock,
      randomBytes: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
    }
    const pki = await createPkiService({ ...world, store: createPkiStore(join(dataDir, 'pki')), hosts: [] }).open()
    const backDoor = await freePort()
    mosquitto = await startMosquitto({
      tls: { ca: pki.ca, certificate: pki.cert, key: pki.key },
      config: `message_size_limit 4000000\nlistener ${backDoor} 127.0.0.1\nallow_anonymous true\n`,
    })
    cloud = await startCloud({
      BROKER_URL: mosquitto.url,
      KORDON_DATA_DIR: dataDir,
      KORDON_SIGNER_MINUTES_BETWEEN_BLOCKS: '1',
    })
    api = await cloud.as('owner')
    attacker = await connectAsync(`mqtt://127.0.0.1:${backDoor}`, { protocolVersion: 5 })
    attacker.on('message', (topic, payload) => {
      captured.set(topic, [...(captured.get(topic) ?? []), payload.toString()])
    })
    await attacker.subscribeAsync('#', { qos: 1 })
    fleet = startFleet({
      cloudUrl: cloud.url,
      plans: [TARGET, OTHER],
      speed: SPEED,
      gateway: { brokerUrl: mosquitto.gatewayUrl, brokerVersion: 5 },
    })
    target = fleet.byKey('target')
    await until(
      'both gateways have proved themselves',
      async () => {
        const { body } = await api.get('/api/vehicles?limit=10')
        for (const { id, plate } of body.items)
          ids.set([TARGET, OTHER].find((plan) => plan.plate === plate)?.key ?? '', id)
        return (
          body.items.filter(({ immobilizer }: { immobilizer: { relay: string } }) => immobilizer.relay === 'closed')
            .length === 2
        )
      },
      { withinMs: MINUTE, everyMs: 200 },
    )
    watching = setInterval(() => {
      const open = target.coils()[0] === true
      if (moves.at(-1) !== open) moves.push(open)
    }, 2)
  }, 2 * MINUTE)
  afterAll(async () => {
    clearInterval(watching)
    await attacker?.endAsync(true)
    await fleet?.stop()
    await cloud?.stop()
    await mosquitto?.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }, MINUTE)

  test(
    'moves nothing with anything it can publish, is told of, and a genuine order still works',
    async () => {
      const verified = (id: string) =>
        until('the order is verified', async () => (await api.get(`/api/orders/${id}`)).body.state === 'verified', {
          withinMs: MINUTE,
        })
      // A genuine block and its end: what the attacker sees go by.
      const placed = await place('target')
      expect(placed.status).toBe(202)
      await verified(placed.body.order.id)
      const firstBlockAt = performance.now()
      expect(target.coils()[0]).toBe(true)
      const lifted = await api.send('DELETE', `/api/vehicles/${ids.get('target')}/holds/${placed.body.hold.id}`, {
        note: '',
      })
      await verified(lifted.body.order.id)
      expect(target.coils()[0]).toBe(false)
      await place('other')
      const own = downTopic(gatewayOf(target), 'order')
      const others = downTopic(gatewayOf(fleet.byKey('other')), 'order')
      await until('an order for the other gateway went by', () => (captured.get(others)?.length ?? 0) > 0)
      const [block = '', unblock = ''] = captured.get(own)?.filter((payload) => payload !== '') ?? []
      const claims = Order.parse(JSON.parse(Buffer.from(block.split('.')[1] ?? '', 'base64url').toString()))
      moves = [false]

      // Orders that the signer did sign and the broker kept back: only an attacker on the path can bring them late.
      const key = createPrivateKey(readFileSync(join(dataDir, 'signer', 'ed25519.pem')))
      const header = block.split('.')[0] ?? ''
      const signed = (body: object, by: KeyObject = key, head = header): string => {
        const text = `${head}.${base64url(body)}`
        return `${text}.${sign(null, Buffer.from(text), by).toString('base64url')}`
      }
      const highest = target.gateway()?.status().highestOrderSeq ?? 0
      const now = Date.now()
      const wish = { ...claims, orderId: randomUUID(), seq: highest + 1, iat: now, notAfter: now + 15 * MINUTE }
      const stranger = generateKeyPairSync('ed25519').privateKey
      const forged: Readonly<Record<string, string | Buffer>> = {
        unsigned: JSON.stringify(wish),
        'alg none': `${base64url({ alg: 'none' })}.${base64url(wish)}.`,
        'a flipped bit': flipped(block),
        'other claims under a genuine signature': `${header}.${base64url(wish)}.${block.split('.')[2]}`,
        'a stranger’s key': signed(wish, stranger),
        'future-dated by a stranger': signed(
          { ...wish, iat: now + 365 * 24 * 60 * MINUTE, notAfter: now + 366 * 24 * 60 * MINUTE },
          stranger,
        ),
        'foreign: genuine, for the other gateway': captured.get(others)?.findLast((payload) => payload !== '') ?? '',
        'oversized, 1 MB': Buffer.alloc(1_000_000, 'A'),
        'random bytes': Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 131) % 256)),
      }
      const before = rejected()
      for (const payload of Object.values(forged)) await attack(payload)
      await until('each was turned away', () => rejected() === before + Object.keys(forged).length)
      // The signer has numbered what the broker keeps back: its next order is newer than all of these.
      const signer = createSignerClient({ socketPath: join(dataDir, 'signer', 'signer.sock') })
      const { notAfter: _none, ...freeing } = { ...claims, orderId: OrderId.parse(randomUUID()) } as Order & {
        notAfter?: number
      }
      const { seq: _unnumbered, ...unnumbered } = { ...freeing, action: 'unblock' as const }
      const asked = await signer.sign({
        claims: unnumbered,
        above: highest + 2,
        basis: { asker: 'rule', approvals: [], fleetSize: 2 },
      })
      expect(asked.outcome).toBe('signed')
      signer.close()
      // Genuine, and too old, too late, in the wrong order, or not for this vehicle: known as such, and without effect.
      for (const payload of [block, unblock, block, signed({ ...wish, seq: highest, orderId: randomUUID() })])
        await attack(payload)
      await attack(signed({ ...wish, orderId: randomUUID(), seq: highest + 1, vehicleId: randomUUID() }))
      await attack(
        signed({
          ...wish,
          orderId: randomUUID(),
          seq: highest + 2,
          iat: now - 60 * MINUTE,
          notAfter: now - 45 * MINUTE,
        }),
      )
      await attack(block, true)
      await until(
        'the gateway has come to the last of them',
        () => target.gateway()?.status().highestOrderSeq === highest + 2,
      )
      // Two minutes of the car's life: a parked car that any of them could have blocked.
      await new Promise((done) => setTimeout(done, 12_000))
      expect(moves).toEqual([false])
      expect(target.coils()[0]).toBe(false)
      expect((await vehicle('target')).immobilizer).toMatchObject({ state: 'permitted', relay: 'closed' })
      const told = await until(
        'the cloud has heard of every one',
        async () => {
          const { body } = await api.get(`/api/vehicles/${ids.get('target')}/timeline?limit=200`)
          const events = body.items.filter(({ title }: { title: string }) => title === 'order-rejected')
          const count = events.reduce(
            (sum: number, event: { data: { data: { count: number } } }) => sum + event.data.data.count,
            0,
          )
          if (count < Object.keys(forged).length) await attack('once more, so that the rest is told')
          return count >= Object.keys(forged).length && events
        },
        { withinMs: MINUTE, everyMs: 1000 },
      )
      expect(told.length).toBeGreaterThan(0)

      // The signer lets one vehicle be blocked once a minute here. Then all is as before.
      await new Promise((done) => setTimeout(done, Math.max(0, firstBlockAt + MINUTE + 1000 - performance.now())))
      const again = await place('target')
      expect(again.status).toBe(202)
      await verified(again.body.order.id)
      expect(moves).toEqual([false, true])
      const { body } = await api.get(`/api/orders/${again.body.order.id}`)
      const last = body.steps.find(({ state }: { state: string }) => state === 'verified')
      expect(last.proof.word).toBe('verified')
      expect(last.lastMinute.length).toBeGreaterThan(10)
      expect(last.lastMinute.every(({ speedKmh }: { speedKmh?: number }) => (speedKmh ?? 0) < 1)).toBe(true)
    },
    6 * MINUTE,
  )
})

function flipped(jws: string): Buffer {
  const bytes = Buffer.from(jws)
  const at = bytes.length - 20
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes
}
