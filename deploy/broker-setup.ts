import { randomBytes } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { epochMs, millis } from '#contract/instant.ts'
import { CLOUD_USER } from '../cloud/broker/mosquitto-files.ts'
import { createPkiService } from '../cloud/pki/pki-service.ts'
import { createPkiStore } from '../cloud/pki/pki-store.ts'
import { mosquittoPassword } from './mosquitto-account.ts'

export type BrokerSetup = {
  /** The cloud's data folder: the authority is opened there, and made when it is the first start. */
  readonly dataDir: string
  /** What the broker may see: its certificate and key, the authority's certificate, the password file. */
  readonly target: string
  readonly password: string
  readonly hosts: readonly string[]
}

/** Prepares the folder of an outside Mosquitto. To be run before it starts, and again when its certificate gets old. */
export async function prepareBroker({ dataDir, target, password, hosts }: BrokerSetup): Promise<void> {
  const clock = {
    now: () => epochMs(Date.now()),
    steady: () => millis(performance.now()),
    sleep: async () => {},
  }
  const store = createPkiStore(join(dataDir, 'pki'))
  const pki = createPkiService({ store, hosts, clock, randomBytes })
  const { ca, cert, key } = await pki.open()
  mkdirSync(target, { recursive: true })
  const files = {
    'ca.pem': ca,
    'server.pem': cert,
    'server.key.pem': key,
    // The cloud writes it anew at each change; without one the broker would not start.
    'revoked.pem': store.read('revoked.pem') ?? (await pki.revocationList([])),
    passwords: mosquittoPassword(CLOUD_USER, password),
  }
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(target, `${file}.new`), text, { mode: 0o600, flush: true })
    renameSync(join(target, `${file}.new`), join(target, file))
  }
}

if (process.argv[1] === import.meta.filename) {
  const { KORDON_DATA_DIR, KORDON_BROKER_DIR, KORDON_BROKER_PASSWORD, KORDON_BROKER_HOSTS } = process.env
  if (!KORDON_DATA_DIR || !KORDON_BROKER_DIR || !KORDON_BROKER_PASSWORD) {
    process.stderr.write('KORDON_DATA_DIR, KORDON_BROKER_DIR and KORDON_BROKER_PASSWORD are needed\n')
    process.exit(1)
  }
  const hosts = (KORDON_BROKER_HOSTS ?? '').split(',').filter((host) => host !== '')
  await prepareBroker({ dataDir: KORDON_DATA_DIR, target: KORDON_BROKER_DIR, password: KORDON_BROKER_PASSWORD, hosts })
}
