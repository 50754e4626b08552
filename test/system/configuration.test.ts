import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { createGateway, type Gateway } from '../../edge/app.ts'
import { createEdgeRig, type EdgeRig } from '../support/edge-rig.ts'
import { type RunningCloud, startCloud } from '../support/running-cloud.ts'
import { silentLog } from '../support/silent-log.ts'
import { systemClock } from '../support/system-clock.ts'

let cloud: RunningCloud
let rig: EdgeRig
let gateway: Gateway
let url: string
let installation: Installation
const dir = mkdtempSync(join(tmpdir(), 'kordon-e2e-'))
const stopping = new AbortController()
let running: Promise<void>

beforeAll(async () => {
  cloud = await startCloud()
  rig = await createEdgeRig({ speed: 1 })
  const technician = await cloud.as('technician')
  const vehicle = (await technician.send('POST', '/api/vehicles', { plate: 'К101НФ77', model: 'Haval' })).body
  const added = (await technician.send('POST', '/api/gateways', { vehicleId: vehicle.id })).body
  url = `/api/gateways/${added.id}/configuration`
  installation = { ...rig.installation, vehicleId: VehicleId.parse(vehicle.id) }
  gateway = createGateway(
    {
      dir,
      profilesDir: new URL('../../device-profiles', import.meta.url).pathname,
      installation,
      cloudUrl: cloud.url,
      claimCode: added.claimCode,
      software: 'test',
    },
    { clock: systemClock, log: silentLog, uuid: randomUUID, randomBytes: (length) => randomBytes(length) },
  )
  running = gateway.run(stopping.signal)
}, 90_000)
afterAll(async () => {
  stopping.abort()
  await running
  await rig.close()
  await cloud.stop()
  rmSync(dir, { recursive: true, force: true })
}, 60_000)

test('asked for in the office, signed by the signer process, applied by the gateway, reported back', async () => {
  const technician = await cloud.as('technician')
  await vi.waitFor(
    async () =>
      expect((await technician.get(url)).body).toMatchObject({ standing: 'none', reported: { outcome: 'applied' } }),
    { timeout: 40_000, interval: 200 },
  )
  const { schema: _schema, version: _version, vehicleId: _vehicle, sealed: _sealed, ...document } = installation
  const { body: asked } = await technician.send('PUT', url, {
    document: { ...document, sampling: { movingMs: 1000, parkedMs: 9000 } },
    baseVersion: null,
  })
  expect(asked).toMatchObject({ standing: 'pending', desired: { version: 2 } })
  await vi.waitFor(
    async () =>
      expect((await technician.get(url)).body).toMatchObject({
        standing: 'applied',
        reported: { applied: { version: 2, source: 'cloud' } },
      }),
    { timeout: 40_000, interval: 200 },
  )
  expect(gateway.view().configuration).toMatchObject({ version: 2, hash: asked.desired.hash, stage: 'settled' })
}, 90_000)
