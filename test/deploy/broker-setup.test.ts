import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { downTopic, upTopic } from '#contract/topics.ts'
import { prepareBroker } from '../../deploy/broker-setup.ts'
import { grantedIdentity } from '../support/granted-identity.ts'
import { requireReal } from '../support/real-servers.ts'
import { startShippedBroker } from '../support/shipped-broker.ts'

const OWN = GatewayId.parse('gw-aaaaaaaa')
const FOREIGN = GatewayId.parse('gw-bbbbbbbb')

let dir: string
const closing: (() => Promise<unknown>)[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-broker-'))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  rmSync(dir, { recursive: true })
})

const setUp = () =>
  prepareBroker({
    dataDir: join(dir, 'data'),
    target: join(dir, 'broker'),
    password: 'of this test',
    hosts: ['broker'],
  })

test('the broker gets no key of the authority, and nobody else reads its own', async () => {
  await setUp()
  const ca = readFileSync(join(dir, 'data', 'pki', 'ca.key.pem'), 'utf8')
  expect(readFileSync(join(dir, 'broker', 'server.key.pem'), 'utf8')).not.toBe(ca)
  for (const file of ['server.key.pem', 'passwords']) expect(statSync(join(dir, 'broker', file)).mode & 0o077).toBe(0)
})

test('a second set-up keeps authority and certificate', async () => {
  await setUp()
  const before = ['ca.pem', 'server.pem'].map((file) => readFileSync(join(dir, 'broker', file), 'utf8'))
  await setUp()
  expect(['ca.pem', 'server.pem'].map((file) => readFileSync(join(dir, 'broker', file), 'utf8'))).toEqual(before)
})

describe.skipIf(!requireReal('mosquitto'))('the Mosquitto that ships', () => {
  test('serves a certified gateway its own topics, and hears nobody without a certificate or password', async () => {
    const broker = await startShippedBroker(join(dir, 'data'))
    closing.push(() => broker.stop())
    const { cloudUrl, gatewayUrl } = broker
    const ca = readFileSync(join(dir, 'data', 'broker', 'ca.pem'), 'utf8')
    const cloud = await mqtt.connectAsync(cloudUrl, { protocolVersion: 5 })
    closing.push(() => cloud.endAsync(true))
    const heard: string[] = []
    cloud.on('message', (topic) => heard.push(topic))
    await cloud.subscribeAsync(upTopic(OWN, 'records').replace(OWN, '+'), { qos: 1 })
    const gateway = await mqtt.connectAsync(gatewayUrl, {
      ...(await grantedIdentity(join(dir, 'data'), OWN)),
      ca,
      protocolVersion: 5,
    })
    closing.push(() => gateway.endAsync(true))
    const told: string[] = []
    gateway.on('message', (topic) => told.push(topic))
    await gateway
      .subscribeAsync([downTopic(OWN, 'order'), downTopic(FOREIGN, 'order')], { qos: 1 })
      .catch(() => undefined)
    await gateway.publishAsync(upTopic(FOREIGN, 'records'), 'x', { qos: 1 }).catch(() => undefined)
    await gateway.publishAsync(upTopic(OWN, 'records'), 'x', { qos: 1 })
    await cloud.publishAsync(downTopic(FOREIGN, 'order'), 'x', { qos: 1 })
    await cloud.publishAsync(downTopic(OWN, 'order'), 'x', { qos: 1 })
    await expect.poll(() => [heard, told]).toEqual([[upTopic(OWN, 'records')], [downTopic(OWN, 'order')]])

    const once = { reconnectPeriod: 0, connectTimeout: 2000 }
    await expect(mqtt.connectAsync(gatewayUrl, { ...once, ca })).rejects.toThrow()
    await expect(mqtt.connectAsync(cloudUrl.replace('of%20this%20test', 'guessed'), once)).rejects.toThrow()
    await expect(mqtt.connectAsync(cloudUrl.replace(/\/\/.*@/, '//'), once)).rejects.toThrow()
  })
})
