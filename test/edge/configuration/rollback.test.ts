import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { canonicalText } from '#contract/canonical-text.ts'
import { Configuration, DocumentHash, installationOf } from '#contract/configuration.ts'
import type { GatewayEvent } from '#contract/event.ts'
import { Installation } from '#contract/installation.ts'
import { SignerKey } from '#contract/provisioning.ts'
import { createManagedGateway } from '../../../edge/configuration/app.ts'
import { firstMemory } from '../../../edge/configuration/configuration.ts'
import { createConfigurationStore } from '../../../edge/configuration/configuration-store.ts'
import type { CreateRun } from '../../../edge/configuration/gateway-run.ts'
import { type GatewayConfig, IDLE } from '../../../edge/gateway.ts'
import type { Identity } from '../../../edge/identity/identity.ts'
import { createProfileShelf } from '../../../edge/profile/profile-store.ts'
import { GATEWAY, VEHICLE } from '../../support/edge-rig.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const PATIENCE = { timeout: 30_000 }
const port = { kind: 'modbusTcp', host: '10.0.0.2', port: 502, unitId: 1 }
const devices = [{ id: 'gps', profile: 'ebyte-e108-d01', port }]
const local = Installation.parse({ schema: 'kordon-installation/1', version: 1, vehicleId: VEHICLE, devices })
const document = Configuration.parse({
  schema: 'kordon-configuration/1',
  version: 2,
  aud: GATEWAY,
  issuedAt: 1_795_289_123_456,
  vehicleId: VEHICLE,
  devices,
  sampling: { movingMs: 1000, parkedMs: 7000 },
})
const hashOf = (one: object) => DocumentHash.parse(createHash('sha256').update(canonicalText(one)).digest('hex'))

const identity: Identity = {
  schema: 'kordon-identity/1',
  keyPem: '',
  grant: {
    by: 'password',
    password: 'secret',
    gatewayId: GATEWAY,
    vehicleId: VEHICLE,
    signerKeys: [
      SignerKey.parse({ kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43), kid: 'k', alg: 'EdDSA', use: 'sig' }),
    ],
    caPem: '',
    brokerUrl: 'mqtt://127.0.0.1:1',
  },
}

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kordon-rollback-'))
  const first = firstMemory(local, hashOf(local))
  const inForce = {
    source: 'cloud',
    version: 2,
    hash: hashOf(document),
    installation: installationOf(document),
  } as const
  createConfigurationStore(dir).save({ ...first, lastGood: first.inForce, inForce })
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const isTried = ({ installation }: GatewayConfig): boolean => installation.sampling?.parkedMs === 7000

/** One process over the same disk; `under` says what a run under the document on trial does. */
function begin(under: { readonly built: 'well' | 'badly'; readonly runs: 'well' | 'badly' }) {
  const told: GatewayEvent[] = []
  const runs: number[] = []
  const createRun: CreateRun = (config, ears) => {
    if (isTried(config) && under.built === 'badly') throw new Error('the serial port is somebody else’s')
    return {
      run: async (stop) => {
        runs.push(config.installation.version)
        ears.begun({
          identity,
          keepEvent: (event) => {
            told.push(event)
            return 'stored'
          },
          verifyConfiguration: async () => undefined,
        })
        if (isTried(config) && under.runs === 'badly') throw new Error('the outbox cannot be opened')
        await new Promise((resolve) => stop.addEventListener('abort', resolve))
      },
      status: () => IDLE,
      releaseLocally: () => {},
      enterCode: () => undefined,
      readings: () => [],
      testRelay: () => 'busy',
      endRelayTest: () => {},
      unlockForm: () => undefined,
    }
  }
  const config = {
    dir,
    profilesDir: new URL('../../../device-profiles', import.meta.url).pathname,
    installation: local,
  }
  const world = {
    clock: createManualClock(),
    log: silentLog,
    uuid: () => '',
    randomBytes: (n: number) => new Uint8Array(n),
  }
  const gateway = createManagedGateway(
    { ...config, software: 'test' },
    world,
    createProfileShelf(config.profilesDir),
    createRun,
  )
  const stopping = new AbortController()
  return {
    gateway,
    told,
    runs,
    start: () => gateway.run(stopping.signal),
    stop: () => stopping.abort(),
    inForce: () => gateway.view().configuration,
  }
}
const why = ({ told }: ReturnType<typeof begin>) =>
  told.flatMap(({ name, data }) => (name === 'config-rolled-back' ? [data['errors']] : []))

test('a document under which the gateway cannot be built is taken back before anything starts', async () => {
  const one = begin({ built: 'badly', runs: 'well' })
  expect(one.inForce()).toMatchObject({ version: 1, source: 'local', stage: 'settled' })
  const running = one.start()
  await vi.waitFor(() => expect(why(one)).toEqual([['the serial port is somebody else’s']]), PATIENCE)
  one.stop()
  await running
  expect(one.runs).toEqual([1])
})

test('a document under which the run falls over is taken back, and the gateway runs on in the same process', async () => {
  const one = begin({ built: 'well', runs: 'badly' })
  const running = one.start()
  await vi.waitFor(() => expect(one.runs).toEqual([2, 1]), PATIENCE)
  await vi.waitFor(() => expect(why(one)).toEqual([['the outbox cannot be opened']]), PATIENCE)
  expect(one.inForce()).toMatchObject({ version: 1, stage: 'settled' })
  one.stop()
  await running
})

test('a document under which the process is started a fourth time is taken back: it kept falling over', async () => {
  for (let start = 1; start <= 4; start += 1) {
    const one = begin({ built: 'well', runs: 'well' })
    const running = one.start()
    await vi.waitFor(() => expect(one.runs).toHaveLength(1), PATIENCE)
    expect([start, one.runs[0]]).toEqual([start, start <= 3 ? 2 : 1])
    if (start === 4) expect(why(one)).toEqual([['the gateway kept falling over under it']])
    one.stop()
    await running
  }
})

test('with nothing on trial, a run that falls over ends the process: its supervisor starts it anew', async () => {
  const { lastGood: _settled, ...memory } =
    createConfigurationStore(dir).load().memory ?? firstMemory(local, hashOf(local))
  createConfigurationStore(dir).save(memory)
  const one = begin({ built: 'well', runs: 'badly' })
  await expect(one.start()).rejects.toThrow('the outbox cannot be opened')
})
