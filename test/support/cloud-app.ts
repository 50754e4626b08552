import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '#contract/instant.ts'
import { relyingParty } from '../../cloud/addresses.ts'
import { type Cloud, createCloud, type Started } from '../../cloud/app.ts'
import { readConfig } from '../../cloud/config.ts'
import { createSignerHouse } from '../../cloud/signer/app.ts'
import { DEFAULT_POLICY, type SignerPolicy } from '../../cloud/signer/signer-policy.ts'
import { cookieOf } from './people-app.ts'
import { seedPglite } from './pglite-template.ts'
import { silentLog } from './silent-log.ts'
import { systemClock } from './system-clock.ts'

export type CloudApp = {
  readonly cloud: Cloud
  readonly started: Started
  readonly dataDir: string
  /** Cookie header of a demo account. */
  as(role: string): Promise<string>
  /** Stops as SIGTERM does; `keep` leaves the data for a next start. */
  stop(data?: 'keep'): Promise<void>
}

/** The whole cloud in this process, in demo mode, on free ports and a folder of its own. */
export async function startCloudApp(
  env: Record<string, string> = {},
  dataDir?: string,
  { clock = systemClock, signerPolicy = DEFAULT_POLICY }: { clock?: Clock; signerPolicy?: SignerPolicy } = {},
): Promise<CloudApp> {
  const folder = dataDir ?? mkdtempSync(join(tmpdir(), 'kordon-app-'))
  if (dataDir === undefined && env['DATABASE_URL'] === undefined) await seedPglite(folder, 'migrated')
  const ports = { KORDON_HTTP_PORT: '0', KORDON_MQTT_PORT: '0', KORDON_MQTTS_PORT: '0' }
  const read = readConfig({ KORDON_DEMO: '1', KORDON_DATA_DIR: folder, ...ports, ...env })
  if (!read.ok) throw new Error(read.message)
  const world = {
    clock,
    log: silentLog,
    uuid: () => randomUUID(),
    randomBytes: (length: number) => randomBytes(length),
  }
  const signer = createSignerHouse(
    {
      folder: join(folder, 'signer'),
      socketPath: read.config.signer.socketPath,
      socketMode: 0o600,
      policy: signerPolicy,
      party: relyingParty(read.config),
    },
    world,
  )
  await signer.listen()
  const cloud = await createCloud(read.config, world, '0.0.0')
  await cloud.open()
  const started = await cloud.start()
  const stop = new AbortController()
  const running = cloud.run(stop.signal)
  return {
    cloud,
    started,
    dataDir: folder,
    as: (role) => cookieOf(cloud.http, role, `demo-${role}`),
    stop: async (data) => {
      stop.abort()
      await running
      await cloud.close()
      await signer.close()
      if (data !== 'keep') rmSync(folder, { recursive: true, force: true })
    },
  }
}
