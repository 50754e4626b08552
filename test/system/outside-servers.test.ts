import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test } from 'vitest'
import type { VehiclePlan } from '../../demo/fleet.ts'
import { requireReal, startInflux, startPostgres, startVictoriaMetrics } from '../support/real-servers.ts'
import { startCloud } from '../support/running-cloud.ts'
import { startFleet } from '../support/running-fleet.ts'
import { startShippedBroker } from '../support/shipped-broker.ts'
import { until } from '../support/until.ts'

const present = ['postgresql', 'influxdb', 'victoria-metrics', 'mosquitto'] as const
const plans: readonly VehiclePlan[] = [
  {
    key: 'parked',
    plate: 'М512ТУ799',
    model: 'Haval Jolion',
    fitting: 'gps-unit-and-relay',
    life: { kind: 'parked', at: { lat: 55.7172, lon: 37.7935 } },
  },
  {
    key: 'taxi',
    plate: 'О723АВ777',
    model: 'Geely Coolray',
    fitting: 'nmea-and-relay',
    life: { kind: 'taxi', from: { lat: 55.7963, lon: 37.5378 }, tripM: [3000, 9000], parkedS: [75, 180] },
  },
]

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
}, 60_000)

/** Frames with a place of one gateway in the journal, and how often any of them stands there. */
function journalled(dataDir: string, gateway: string): { readonly places: number; readonly rows: number } {
  const db = new DatabaseSync(join(dataDir, 'journal.sqlite'), { readOnly: true })
  const rows = db
    .prepare('SELECT record FROM records WHERE gateway = ?')
    .all(gateway)
    .map((row) => JSON.parse(String(row['record'])))
  db.close()
  const frames = rows.filter((record) => record.kind === 'frame' && record.lat !== undefined)
  return { places: new Set(frames.map((frame) => frame.readAt)).size, rows: frames.length }
}

test.skipIf(!present.map((name) => requireReal(name)).every(Boolean)).each([
  { history: 'InfluxDB 1.6.7', start: startInflux, api: 'v1' },
  { history: 'VictoriaMetrics', start: startVictoriaMetrics, api: 'v2' },
])(
  'Mosquitto, PostgreSQL and $history: cars report, one is blocked and freed, a killed cloud loses nothing',
  async ({ start, api }) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'kordon-outside-'))
    closing.push(() => rmSync(dataDir, { recursive: true, force: true }))
    const [broker, postgres, history] = [await startShippedBroker(dataDir), await startPostgres(), await start()]
    closing.push(
      () => broker.stop(),
      () => postgres.stop(),
      () => history.stop(),
    )
    const cloud = await startCloud({
      KORDON_DATA_DIR: dataDir,
      DATABASE_URL: postgres.url,
      INFLUX_URL: history.url,
      INFLUX_API: api,
      BROKER_URL: broker.cloudUrl,
      KORDON_GATEWAY_BROKER_URL: broker.gatewayUrl,
    })
    closing.push(() => cloud.stop())
    const rest = await cloud.as('owner')
    const fleet = startFleet({ cloudUrl: cloud.url, plans, gateway: { brokerVersion: 5 } })
    closing.push(() => fleet.stop())
    const find = async (plate: string) => (await rest.get(`/api/vehicles?q=${encodeURIComponent(plate)}`)).body.items[0]
    const immobilizer = async () => (await find('М512ТУ799'))?.immobilizer

    await until('the parked car has proved itself', async () => (await immobilizer())?.canBlock === true, {
      withinMs: 60_000,
    })
    const { id } = await find('М512ТУ799')
    expect((await rest.send('POST', `/api/vehicles/${id}/holds`, { reason: 'manual', note: 'Проверка' })).status).toBe(
      202,
    )
    await cloud.killAndRestart()
    const again = await cloud.as('owner')
    const shown = async () => (await again.get(`/api/vehicles/${id}`)).body.immobilizer
    const blocked = await until(
      'the car says that it is blocked',
      async () => {
        const now = await shown()
        return now.state === 'blocked' && now
      },
      { withinMs: 120_000, everyMs: 200 },
    )
    expect(fleet.byKey('parked').coils()[0]).toBe(true)
    await again.send('DELETE', `/api/vehicles/${id}/holds/${blocked.holds[0].id}`, { note: 'Проверка окончена' })
    await until('the car says that it may start', async () => (await shown()).state === 'permitted')
    expect(fleet.byKey('parked').coils()[0]).toBe(false)

    const taxi = (await again.get(`/api/vehicles?q=${encodeURIComponent('О723АВ777')}`)).body.items[0]
    await until('the taxi has been seen for a while', () => journalled(dataDir, taxi.gateway.id).places >= 60, {
      withinMs: 120_000,
      everyMs: 500,
    })
    await fleet.stop()
    const { places, rows } = journalled(dataDir, taxi.gateway.id)
    expect(rows).toBe(places)
    const range = `from=${new Date(Date.now() - 3_600_000).toISOString()}&to=${new Date(Date.now() + 60_000).toISOString()}`
    await until(
      'the history holds what the journal holds',
      async () => {
        const { body } = await again.get(`/api/vehicles/${taxi.id}/track?${range}&maxPoints=100000`)
        return body.total === places
      },
      { withinMs: 30_000, everyMs: 500 },
    )
  },
  400_000,
)
