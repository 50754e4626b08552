import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DeviceId, GatewayId, VehicleId } from '#contract/ids.ts'
import type { Installation } from '#contract/installation.ts'
import { SignerKey } from '#contract/provisioning.ts'
import { EDGE_FLAGS } from '../../bin/installation.mjs'
import type { GatewayConfig } from '../../edge/app.ts'
import { createIdentityStore } from '../../edge/identity/identity-store.ts'

/** As in deploy/systemd/kordon-edge.service. */
export const SERVICE_FLAGS: readonly string[] = EDGE_FLAGS

export const BENCH_GATEWAY = GatewayId.parse('gw-bench0001')
const VEHICLE = VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11')

/** A real gateway in a process of its own, over a folder that may already hold a backlog. */
export type GatewayProcess = {
  readonly pid: number
  /** CPU seconds used so far, user and system. */
  cpuSeconds(): number
  /** Resident memory in MB: now, the most so far, and the part of now that is not backed by a file. */
  memoryMb(): { readonly now: number; readonly peak: number; readonly anonymous: number }
  /** Bytes that reached the disk so far; NaN where the kernel does not say. */
  writtenBytes(): number
  stop(): Promise<void>
}

/** The installation of a receiver that speaks NMEA on a port of this machine. */
export const nmeaInstallation = (port: number): Installation => ({
  schema: 'kordon-installation/1',
  version: 1,
  vehicleId: VEHICLE,
  devices: [
    { id: DeviceId.parse('gps'), profile: 'generic-nmea-0183', port: { kind: 'nmeaTcp', host: '127.0.0.1', port } },
  ],
})

/** Lets a gateway's folder belong to the gateway of the benchmarks, by password on a plain listener. */
export function identify(dir: string, brokerUrl: string, password = 'secret'): void {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  createIdentityStore(dir).save({
    schema: 'kordon-identity/1',
    keyPem: '',
    grant: {
      by: 'password',
      password,
      gatewayId: BENCH_GATEWAY,
      vehicleId: VEHICLE,
      signerKeys: [SignerKey.parse({ kty: 'OKP', crv: 'Ed25519', x, kid: 'bench', alg: 'EdDSA', use: 'sig' })],
      caPem: '',
      brokerUrl,
    },
  })
}

const TICKS_PER_SECOND = 100

const BUILT = new URL('../../edge/dist/main.mjs', import.meta.url).pathname
let isBuilt = false
/** Once a process, half a second: what is measured is what stands in the sources. */
function build(): void {
  if (isBuilt) return
  const { status } = spawnSync(process.execPath, [new URL('../../bin/build-edge.mjs', import.meta.url).pathname], {
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error('the gateway could not be built')
  isBuilt = true
}

/** The built gateway (`npm run build`), started with the flags and the environment that the product's service uses. */
export function startGateway(
  config: Pick<GatewayConfig, 'dir' | 'installation'>,
  more: { readonly flags?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): GatewayProcess {
  const flags = more.flags ?? SERVICE_FLAGS
  build()
  // YAML knows all of JSON.
  writeFileSync(join(config.dir, 'installation.yaml'), JSON.stringify(config.installation))
  const child: ChildProcess = spawn(process.execPath, [...flags, BUILT], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { MALLOC_ARENA_MAX: '1', KORDON_EDGE_DIR: config.dir, ...more.env },
  })
  const proc = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, 'utf8')
  const kilobytes = (name: string): number =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(proc('status'))?.[1] ?? Number.NaN)
  return {
    pid: child.pid ?? 0,
    cpuSeconds: () => {
      const fields = proc('stat').split(') ')[1]?.split(' ') ?? []
      return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
    },
    memoryMb: () => ({
      now: kilobytes('VmRSS') / 1024,
      peak: kilobytes('VmHWM') / 1024,
      anonymous: kilobytes('RssAnon') / 1024,
    }),
    writtenBytes: () =>
      existsSync(`/proc/${child.pid}/io`) ? Number(/write_bytes: (\d+)/.exec(proc('io'))?.[1]) : Number.NaN,
    stop: async () => {
      if (child.exitCode !== null) return
      const gone = once(child, 'exit')
      child.kill('SIGTERM')
      await gone
    },
  }
}
