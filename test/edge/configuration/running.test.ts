import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { CONFIGURATION_TYP } from '#contract/configuration.ts'
import type { Installation } from '#contract/installation.ts'
import { createEdgeRig, type EdgeRig, GATEWAY } from '../../support/edge-rig.ts'

let rig: EdgeRig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

const until = (condition: () => void) => vi.waitFor(condition, { timeout: 45_000, interval: 20 })
const documentOf = (installation: Installation, version: number, more: object = {}) => {
  const { sealed: _sealed, schema: _schema, ...rest } = installation
  return { ...rest, schema: 'kordon-configuration/1', version, aud: GATEWAY, issuedAt: 1_795_289_123_456, ...more }
}
const told = ({ cloud }: EdgeRig, name: string) =>
  cloud.delivered.flatMap(({ record }) => (record.kind === 'event' && record.name === name ? [record.data] : []))

const connected = async (speed = 20) => {
  rig = await createEdgeRig({ speed })
  const started = rig.start()
  await until(() => expect(started.gateway.status().uplink).toBe('connected'))
  await until(() => expect(started.gateway.status().lastFrame?.ignition).toBe(false))
  return { rig, ...started }
}
const give = async (at: EdgeRig, document: object, typ: string = CONFIGURATION_TYP) =>
  at.cloud.configuration(GATEWAY, await at.cloud.signAs(typ, document))

test('a newer signed document is applied in the same process, confirmed by the link, and in force after a restart', async () => {
  const { rig: at, gateway, stop } = await connected()
  await give(at, documentOf(at.installation, 5, { sampling: { movingMs: 1000, parkedMs: 7000 } }))
  await until(() =>
    expect(told(at, 'config-applied').at(-1)).toMatchObject({ version: 5, appliedVersion: 5, source: 'cloud' }),
  )
  expect(gateway.view().configuration).toMatchObject({ version: 5, stage: 'settled', source: 'cloud' })
  await stop()
  const again = at.start()
  expect(again.gateway.view().configuration).toMatchObject({ version: 5 })
  // The technician's seal held for the wiring of his own file, and that is what is wired.
  expect(again.gateway.view().seal).toBe('sealed')
})

test('ignition on: it waits and says so; ignition off: it is applied', async () => {
  const { rig: at, gateway } = await connected()
  at.car.ignition = true
  await until(() => expect(gateway.status().lastFrame?.ignition).toBe(true))
  await give(at, documentOf(at.installation, 2))
  await until(() => expect(told(at, 'config-waiting').at(-1)).toMatchObject({ version: 2, waitingFor: 'ignition-on' }))
  expect(gateway.view().configuration).toMatchObject({ version: 1, waiting: true })
  at.car.ignition = false
  await until(() => expect(told(at, 'config-applied').at(-1)).toMatchObject({ version: 2 }))
})

test('a wrong document is refused whole, every wrong key by name; an order is no configuration, nor the reverse', async () => {
  const { rig: at, gateway } = await connected()
  await give(at, documentOf(at.installation, 3, { relay: 'open', sampling: { parked: 1 } }))
  await until(() => expect(told(at, 'config-refused')).toHaveLength(1))
  const errors = JSON.stringify(told(at, 'config-refused')[0])
  for (const key of ['relay', 'sampling.parked', 'sampling.movingMs']) expect(errors).toContain(key)
  await give(at, documentOf(at.installation, 4), 'kordon-order')
  const block = at.claims('block', 1)
  await at.cloud.order(GATEWAY, await at.cloud.signAs(CONFIGURATION_TYP, block))
  await until(() => expect(gateway.status().rejectedOrders).toBe(1))
  // The retained message comes again at each connect and is no news.
  at.cloud.cut()
  await until(() => expect(gateway.status().uplink).toBe('away'))
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  expect(told(at, 'config-refused')).toHaveLength(1)
  expect(gateway.view().configuration).toMatchObject({ version: 1, source: 'local' })
})

test('under which the cloud does not come back within five minutes, it is taken back, and not tried again', async () => {
  const { rig: at, gateway } = await connected(100)
  const began = at.clock.steady()
  const armed = vi.waitFor(
    () => {
      if (gateway.view().configuration.stage === 'trial') at.cloud.door('shut')
      expect(gateway.view().configuration.stage).toBe('trial')
    },
    { timeout: 45_000, interval: 1 },
  )
  at.cloud.door('shut')
  await give(at, documentOf(at.installation, 9))
  await armed
  await until(() => expect(gateway.view().configuration).toMatchObject({ version: 1, stage: 'settled' }))
  expect(at.clock.steady() - began).toBeGreaterThanOrEqual(5 * 60_000)
  at.cloud.door('open')
  await until(() => expect(told(at, 'config-rolled-back').at(-1)).toMatchObject({ version: 9, appliedVersion: 1 }))
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  expect(gateway.view().configuration).toMatchObject({ version: 1, waiting: false })
  expect(told(at, 'config-rolled-back')).toHaveLength(1)
})

test('a document that moves the relay to another device breaks the seal, and blocks are refused until sealed again', async () => {
  const { rig: at, gateway } = await connected()
  const { immobilizer } = at.installation
  await give(
    at,
    documentOf(at.installation, 2, { immobilizer: { ...immobilizer, sense: { device: 'relay', reading: 'input2' } } }),
  )
  await until(() => expect(told(at, 'seal-broken')).toHaveLength(1))
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  const block = at.claims('block', 1)
  await at.cloud.order(GATEWAY, await at.cloud.sign(block))
  await until(() =>
    expect(at.reports(block.orderId).at(-1)).toMatchObject({ state: 'refused', reason: 'not-commissioned' }),
  )
})

test('what is in force is whole on disk, readable by its owner only', async () => {
  const { rig: at } = await connected()
  expect(JSON.parse(readFileSync(join(at.dir, 'configuration.json'), 'utf8'))).toMatchObject({
    inForce: { version: 1 },
  })
})

test('how frames are sent is part of the document: they wait for company as long as it says', async () => {
  const { rig: at } = await connected()
  at.car.ignition = true
  at.car.speedKmh = 30
  const fresh = () => at.cloud.delivered.filter(({ record }) => record.kind === 'frame')
  await until(() => expect(fresh().length).toBeGreaterThan(2))
  at.car.ignition = false
  at.car.speedKmh = 0
  await give(at, documentOf(at.installation, 2, { batch: { encoding: 'json', sendEveryMs: 60_000 } }))
  await until(() => expect(told(at, 'config-applied').at(-1)).toMatchObject({ version: 2 }))
  at.car.ignition = true
  at.car.speedKmh = 30
  await until(() => expect(at.cloud.delivered.at(-1)?.record.kind).toBe('event'))
  const [before, began] = [fresh().length, at.clock.steady()]
  await until(() => expect(fresh().length).toBeGreaterThan(before))
  const more = fresh().length - before
  // At once would have been one by one, second by second.
  expect(more).toBeGreaterThan(10)
  expect(at.clock.steady() - began).toBeGreaterThan(20_000)
})
