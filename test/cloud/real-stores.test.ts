import { randomUUID } from 'node:crypto'
import { connectAsync } from 'mqtt'
import { expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { upTopic } from '#contract/topics.ts'
import { startCloudApp } from '../support/cloud-app.ts'
import { requireReal, startInflux, startMosquitto, startPostgres } from '../support/real-servers.ts'
import { until } from '../support/until.ts'

const present = [requireReal('postgresql'), requireReal('influxdb'), requireReal('mosquitto')].every(Boolean)

test.skipIf(!present)(
  'with PostgreSQL, InfluxDB and Mosquitto a frame reaches the pages and the track',
  async () => {
    const servers = await Promise.all([startPostgres(), startInflux(), startMosquitto()])
    const [postgres, influx, mosquitto] = servers
    const house = await startCloudApp({
      DATABASE_URL: postgres.url,
      INFLUX_URL: influx.url,
      INFLUX_API: 'v1',
      BROKER_URL: mosquitto.url,
    })
    try {
      const headers = { cookie: await house.as('technician') }
      const post = async (url: string, payload: object) =>
        (await house.cloud.http.inject({ method: 'POST', url, headers, payload })).json()
      const get = async (url: string) => (await house.cloud.http.inject({ url, headers })).json()
      const vehicle = await post('/api/vehicles', { plate: 'А123ВС77', model: 'Rapid' })
      const { claimCode } = await post('/api/gateways', { vehicleId: vehicle.id })
      const grant = await post('/api/gateways/claim', { code: claimCode })
      expect(grant.brokerUrl).toBe(mosquitto.url)

      const gateway = GatewayId.parse(grant.gatewayId)
      const mqtt = await connectAsync(grant.brokerUrl, { clientId: gateway, protocolVersion: 5 })
      const readAt = Date.now()
      const frame = {
        kind: 'frame',
        readAt,
        timeQuality: 'gnss',
        fix: '3d',
        gnssTrust: 'ok',
        relay: 'closed',
        lat: 55.75,
        lon: 37.61,
      }
      await mqtt.publishAsync(
        upTopic(gateway, 'records'),
        JSON.stringify({ v: 1, stream: randomUUID(), firstSeq: 1, records: [frame] }),
        { qos: 1 },
      )
      await mqtt.endAsync()

      const range = `from=${new Date(readAt - 60_000).toISOString()}&to=${new Date(readAt + 60_000).toISOString()}`
      await until('the position is known', async () => (await get(`/api/vehicles/${vehicle.id}`)).lastKnown !== null)
      await until('the track has it', async () => (await get(`/api/vehicles/${vehicle.id}/track?${range}`)).total === 1)
      expect(await get('/api/ready')).toMatchObject({
        ready: true,
        dependencies: [{}, {}, {}, { name: 'signer' }, { name: 'influx' }],
      })
    } finally {
      await house.stop()
      await Promise.all(servers.map((server) => server.stop()))
    }
  },
  120_000,
)
