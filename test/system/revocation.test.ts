import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type MqttClient } from 'mqtt'
import { afterEach, expect, test } from 'vitest'
import { upTopic } from '#contract/topics.ts'
import { claimCertificate } from '../support/claimed-gateway.ts'
import { requireReal } from '../support/real-servers.ts'
import { type RunningCloud, startCloud } from '../support/running-cloud.ts'
import { startShippedBroker } from '../support/shipped-broker.ts'
import { until } from '../support/until.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
}, 60_000)

/** The whole cloud with this broker, and where its gateways connect. */
async function started(broker: string): Promise<{ cloud: RunningCloud; gatewayUrl: string }> {
  if (broker === 'embedded') {
    const cloud = await startCloud()
    closing.push(cloud.stop)
    return { cloud, gatewayUrl: `mqtts://127.0.0.1:${cloud.mqttsPort}` }
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'kordon-revocation-'))
  closing.push(() => rmSync(dataDir, { recursive: true, force: true }))
  const mosquitto = await startShippedBroker(dataDir)
  closing.push(mosquitto.stop)
  const { cloudUrl, gatewayUrl } = mosquitto
  const cloud = await startCloud({
    KORDON_DATA_DIR: dataDir,
    KORDON_BROKER_DIR: join(dataDir, 'broker'),
    BROKER_URL: cloudUrl,
    KORDON_GATEWAY_BROKER_URL: gatewayUrl,
  })
  closing.push(cloud.stop)
  return { cloud, gatewayUrl }
}

const MOST_S = 60

test.skipIf(!requireReal('mosquitto')).each(['embedded', 'Mosquitto'])(
  'behind the %s broker a revoked gateway is thrown out, and stays out, within a minute',
  async (broker) => {
    const { cloud, gatewayUrl } = await started(broker)
    const office = await cloud.as('technician')
    const own = await claimCertificate(cloud.url, office)
    const other = await claimCertificate(cloud.url, office)
    const open = ({ gateway, key, cert, ca }: typeof own, more: object = {}): MqttClient => {
      const client = connect(gatewayUrl, { clientId: gateway, key, cert, ca, reconnectPeriod: 0, ...more })
      client.on('error', () => undefined)
      closing.push(() => client.endAsync(true))
      return client
    }
    const [session, neighbour] = [open(own), open(other)]
    await until('both are connected', () => session.connected && neighbour.connected)
    await session.publishAsync(
      upTopic(own.gateway, 'status'),
      JSON.stringify({ v: 1, online: true, at: Date.now(), software: 'x' }),
      { qos: 1, retain: true },
    )
    const began = performance.now()
    const since = () => Math.round(performance.now() - began) / 1000
    expect((await office.send('POST', `/api/gateways/${own.gateway}/revoke`)).status).toBe(200)
    await until('its session has ended', () => !session.connected, { withinMs: MOST_S * 1000, everyMs: 10 })
    const cut = since()
    // It tries again and again, and says that it is there whenever it gets in.
    await until(
      'the broker refuses its certificate',
      async () => {
        const again = open(own)
        const end = await new Promise<string>((done) => {
          again.once('connect', () => done('in'))
          again.once('close', () => done('out'))
        })
        await again.endAsync(true)
        return end === 'out'
      },
      { withinMs: MOST_S * 1000, everyMs: 200 },
    )
    const refused = since()
    console.log(`${broker}: open session ended after ${cut} s, certificate refused after ${refused} s`)
    expect(refused).toBeLessThan(MOST_S)
    // Nobody else felt anything.
    await neighbour.publishAsync(
      upTopic(other.gateway, 'status'),
      JSON.stringify({ v: 1, online: true, at: Date.now(), software: 'x' }),
      { qos: 1, retain: true },
    )
    expect(neighbour.connected).toBe(true)
    const late = open(other, { clientId: other.gateway })
    await until('a certificate that counts is still taken', () => late.connected)
  },
  180_000,
)

test.skipIf(!requireReal('mosquitto'))(
  'the list of revoked certificates is one that openssl understands',
  async () => {
    const cloud = await startCloud()
    closing.push(cloud.stop)
    const office = await cloud.as('technician')
    const { gateway, cert } = await claimCertificate(cloud.url, office)
    await office.send('POST', `/api/gateways/${gateway}/revoke`)
    const serial = execFileSync('openssl', ['x509', '-noout', '-serial'], { input: cert, encoding: 'utf8' })
      .trim()
      .split('=')[1]
    await until('it is on the list', () =>
      execFileSync('openssl', ['crl', '-noout', '-text', '-in', join(cloud.dataDir, 'pki', 'revoked.pem')], {
        encoding: 'utf8',
      }).includes(serial ?? '?'),
    )
  },
  60_000,
)
