import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { CLOUD_USER } from '../../cloud/broker/mosquitto-files.ts'
import { prepareBroker } from '../../deploy/broker-setup.ts'
import { findReal } from './real-servers.ts'
import { freePort, type Running, run } from './real-servers-process.ts'

const CONFIG = new URL('../../deploy/mosquitto/', import.meta.url).pathname
const PASSWORD = 'of this test'

export type ShippedBroker = {
  /** For the cloud, with user and password. */
  readonly cloudUrl: string
  /** For gateways, by client certificate. */
  readonly gatewayUrl: string
  stop(): Promise<void>
}

/** Mosquitto with the very files that ship, but for folders and ports; its certificate is of `dataDir`'s authority. */
export async function startShippedBroker(dataDir: string): Promise<ShippedBroker> {
  const folder = join(dataDir, 'broker')
  await prepareBroker({ dataDir, target: folder, password: PASSWORD, hosts: ['broker', '127.0.0.1'] })
  const [cloudPort, gatewayPort] = [await freePort(), await freePort()]
  const config = readFileSync(join(CONFIG, 'mosquitto.conf'), 'utf8')
    .replaceAll('/mosquitto/data', folder)
    .replaceAll('/mosquitto/config/', CONFIG)
    .replace('listener 8883', `listener ${gatewayPort} 127.0.0.1`)
    .replace('listener 1883', `listener ${cloudPort} 127.0.0.1`)
  const file = join(folder, 'mosquitto.conf')
  writeFileSync(file, `user root\n${config}`)
  const cloudUrl = `mqtt://${CLOUD_USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${cloudPort}`
  const answers = async (): Promise<boolean> => {
    const probe = await mqtt.connectAsync(cloudUrl, { reconnectPeriod: 0, connectTimeout: 1000 })
    await probe.endAsync()
    return true
  }
  const running: Running = await run({
    program: 'sh',
    args: [join(CONFIG, 'run.sh'), file, join(folder, 'revoked.pem'), findReal('mosquitto') ?? ''],
    answers,
  })
  return {
    cloudUrl,
    gatewayUrl: `mqtts://127.0.0.1:${gatewayPort}`,
    stop: () => running.end('SIGTERM'),
  }
}
