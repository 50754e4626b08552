import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import mqtt from 'mqtt'
import pg from 'pg'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { downTopic, upTopic } from '#contract/topics.ts'
import { requireReal, startInflux, startMosquitto, startPostgres, startVictoriaMetrics } from './real-servers.ts'

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})
const kept = async <Server extends { stop(): Promise<void> }>(starting: Promise<Server>): Promise<Server> => {
  const server = await starting
  closing.push(() => server.stop())
  return server
}

/** An authority, a server and one gateway, made by OpenSSL so that this test depends on no code of ours. */
function certificates(gateway: string) {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-certificates-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=test authority', '-days', '2')
  for (const [file, name] of [
    ['server', '127.0.0.1'],
    ['gateway', gateway],
  ] as const) {
    openssl(
      'req',
      ...key,
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.csr`,
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=IP:127.0.0.1',
    )
    openssl(
      'x509',
      '-req',
      '-in',
      `${file}.csr`,
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
      '-out',
      `${file}.pem`,
      '-days',
      '2',
    )
  }
  const read = (file: string) => readFileSync(join(dir, file), 'utf8')
  const made = {
    ca: read('ca.pem'),
    server: read('server.pem'),
    serverKey: read('server.key'),
    gateway: read('gateway.pem'),
    gatewayKey: read('gateway.key'),
  }
  rmSync(dir, { recursive: true })
  return made
}

describe.skipIf(!requireReal('mosquitto'))('real Mosquitto', () => {
  test('a retained message survives a restart', async () => {
    const broker = await kept(startMosquitto())
    const before = await mqtt.connectAsync(broker.url)
    await before.publishAsync('a/b', 'kept', { qos: 1, retain: true })
    await before.endAsync()
    await broker.restart()
    const after = await mqtt.connectAsync(broker.url)
    closing.push(() => after.endAsync(true))
    const arrived = new Promise<string>((done) => after.on('message', (_topic, payload) => done(payload.toString())))
    await after.subscribeAsync('a/b')
    expect(await arrived).toBe('kept')
  })

  test('a gateway with a certificate reaches its own topics and no others', async () => {
    const own = GatewayId.parse('gw-aaaaaaaa')
    const foreign = GatewayId.parse('gw-bbbbbbbb')
    const pem = certificates(own)
    const broker = await kept(startMosquitto({ tls: { ca: pem.ca, certificate: pem.server, key: pem.serverKey } }))
    const cloud = await mqtt.connectAsync(broker.url, { protocolVersion: 5 })
    closing.push(() => cloud.endAsync(true))
    const heard: string[] = []
    cloud.on('message', (topic) => heard.push(topic))
    await cloud.subscribeAsync(upTopic(own, 'records').replace(own, '+'), { qos: 1 })
    const gateway = await mqtt.connectAsync(broker.gatewayUrl, {
      ca: pem.ca,
      cert: pem.gateway,
      key: pem.gatewayKey,
      clientId: 'chosen',
      username: foreign,
      protocolVersion: 5,
    })
    closing.push(() => gateway.endAsync(true))
    const told: string[] = []
    gateway.on('message', (topic) => told.push(topic))
    await gateway
      .subscribeAsync([downTopic(own, 'order'), downTopic(foreign, 'order')], { qos: 1 })
      .catch(() => undefined)
    await gateway.publishAsync(upTopic(foreign, 'records'), 'x', { qos: 1 }).catch(() => undefined)
    await gateway.publishAsync(upTopic(own, 'records'), 'x', { qos: 1 })
    await cloud.publishAsync(downTopic(foreign, 'order'), 'x', { qos: 1 })
    await cloud.publishAsync(downTopic(own, 'order'), 'x', { qos: 1 })
    await expect.poll(() => [heard, told]).toEqual([[upTopic(own, 'records')], [downTopic(own, 'order')]])
  })
})

describe.skipIf(!requireReal('influxdb'))('real InfluxDB 1.x', () => {
  test('what was written is there after kill -9 and restart', async () => {
    const influx = await kept(startInflux())
    const written = await fetch(`${influx.url}/write?db=kordon`, {
      method: 'POST',
      body: 'frames,vehicle=v1 speed=12.5 1700000000000000000',
    })
    expect(written.status).toBe(204)
    await influx.kill()
    await influx.restart()
    const answer = await fetch(`${influx.url}/query?db=kordon&q=${encodeURIComponent('SELECT speed FROM frames')}`)
    expect(await answer.text()).toContain('12.5')
  })
})

describe.skipIf(!requireReal('victoria-metrics'))('real VictoriaMetrics', () => {
  test('takes the v2 write path, also for a drive of 2014', async () => {
    const metrics = await kept(startVictoriaMetrics())
    const written = await fetch(`${metrics.url}/api/v2/write?org=o&bucket=b&precision=ms`, {
      method: 'POST',
      body: 'frames,vehicle=v1 speed=12.5 1400000000000',
    })
    expect(written.status).toBe(204)
    const exported = async () => {
      await fetch(`${metrics.url}/internal/force_flush`)
      const query = new URLSearchParams({
        'match[]': '{__name__="frames_speed"}',
        start: '1300000000',
        end: '1500000000',
      })
      return (await fetch(`${metrics.url}/api/v1/export?${query}`)).text()
    }
    await expect.poll(exported, { timeout: 10_000 }).toContain('1400000000000')
  })
})

describe.skipIf(!requireReal('postgresql'))('real PostgreSQL', () => {
  test('a commit survives kill -9 and restart', async () => {
    const postgres = await kept(startPostgres())
    const query = async (sql: string) => {
      const client = new pg.Client({ connectionString: postgres.url })
      await client.connect()
      const { rows } = await client.query(sql)
      await client.end()
      return rows
    }
    await query('create table kept (word text)')
    await query(`insert into kept values ('yes')`)
    await postgres.kill()
    await postgres.restart()
    expect(await query('select word from kept')).toEqual([{ word: 'yes' }])
  })
})

test('an absent server is a failure when real ones are required', () => {
  const { PATH, KORDON_REQUIRE_REAL } = process.env
  // chromium is looked for on PATH only, so an empty PATH makes it absent on every machine.
  process.env['PATH'] = '/nowhere'
  process.env['KORDON_REQUIRE_REAL'] = '1'
  try {
    expect(() => requireReal('chromium')).toThrow('chromium is absent')
    process.env['KORDON_REQUIRE_REAL'] = ''
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(requireReal('chromium')).toBe(false)
    expect(said).toHaveBeenCalledWith(expect.stringContaining('NOT RUN: chromium is absent'))
  } finally {
    vi.restoreAllMocks()
    process.env['PATH'] = PATH
    process.env['KORDON_REQUIRE_REAL'] = KORDON_REQUIRE_REAL ?? ''
  }
})
