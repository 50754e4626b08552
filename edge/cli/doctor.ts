import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { SerialPort } from 'serialport'
import { parse } from 'yaml'
import { z } from 'zod'
import { Installation } from '#contract/installation.ts'
import type { Service } from './service-client.ts'
import { Readings } from './service-words.ts'
import type { Finding, Task } from './step.ts'

const good = (name: string, fact: string): Finding => ({ name, state: 'good', fact })
const bad = (name: string, fact: string): Finding => ({ name, state: 'bad', fact })
const unknown = (name: string, fact: string): Finding => ({ name, state: 'unknown', fact })

/** No gateway of this software was installed before. */
const EARLIEST = Date.UTC(2026, 8, 1)
const SYNCHRONISED = '/run/systemd/timesync/synchronized'
const LEAST_FREE_MB = 500
const SLOWEST_SYNC_MS = 500
const LEAST_VOLT = 11.5

function clock(): readonly Finding[] {
  const now = new Date()
  if (now.getTime() < EARLIEST) return [bad('clock', `${now.toISOString()} cannot be; no block would be judged by it`)]
  return [
    existsSync(SYNCHRONISED)
      ? good('clock', `${now.toISOString()}, set from the network`)
      : unknown('clock', `${now.toISOString()}, nobody vouches for it`),
  ]
}

function disk(dir: string): readonly Finding[] {
  if (!existsSync(dir)) return [bad('folder', `${dir} is not there: install -d -m 0700 ${dir}`)]
  const { bavail, bsize } = statfsSync(dir)
  const freeMb = Math.round((bavail * bsize) / 1024 / 1024)
  const began = performance.now()
  const file = join(dir, '.doctor')
  try {
    const handle = openSync(file, 'w', 0o600)
    writeSync(handle, 'doctor')
    fsyncSync(handle)
    closeSync(handle)
    rmSync(file)
  } catch (cause) {
    return [bad('disk', `cannot be written: ${cause instanceof Error ? cause.message : cause}`)]
  }
  const syncMs = Math.round(performance.now() - began)
  const mode = statSync(dir).mode & 0o077
  return [
    freeMb < LEAST_FREE_MB
      ? bad('disk', `${freeMb} MB free of the ${LEAST_FREE_MB} it needs`)
      : good('disk', `${freeMb} MB free`),
    syncMs > SLOWEST_SYNC_MS
      ? bad('card', `a write took ${syncMs} ms to be safe`)
      : good('card', `a write is safe after ${syncMs} ms`),
    mode === 0 ? good('folder', 'closed to others') : bad('folder', `${dir} is open to others: chmod 700`),
    lifeOfCard(),
  ]
}

/** eMMC and SD tell the share of their life that is spent, in steps of ten percent (JESD84-B51, EXT_CSD 268, 269). */
function lifeOfCard(): Finding {
  const file = ['/sys/block/mmcblk0/device/life_time', '/sys/block/mmcblk1/device/life_time'].find((path) =>
    existsSync(path),
  )
  if (file === undefined) return unknown('card life', 'this disk does not tell')
  const steps = readFileSync(file, 'utf8').trim().split(/\s+/).map(Number)
  const worst = Math.max(...steps)
  return worst >= 9
    ? bad('card life', `${(worst - 1) * 10} % or more is spent`)
    : good('card life', `under ${worst * 10} % is spent`)
}

async function ports(dir: string): Promise<readonly Finding[]> {
  const known = await SerialPort.list().catch(() => [])
  const file = join(dir, 'installation.yaml')
  const installation = existsSync(file) ? Installation.safeParse(parse(readFileSync(file, 'utf8'))) : undefined
  const wanted = installation?.data?.devices.flatMap(({ port }) => ('path' in port ? [port.path] : [])) ?? []
  const missing = wanted.filter((path) => !existsSync(path))
  return [
    missing.length > 0
      ? bad('serial ports', `not there: ${missing.join(', ')}`)
      : good(
          'serial ports',
          known.length === 0 ? 'none, and none is needed' : known.map(({ path }) => path).join(', '),
        ),
  ]
}

const Granted = z.looseObject({ grant: z.looseObject({ brokerUrl: z.string() }) })
const SetUp = z.looseObject({ cloudUrl: z.string() })

async function uplink(dir: string): Promise<readonly Finding[]> {
  const read = <Content>(name: string, schema: z.ZodType<Content>): Content | undefined =>
    existsSync(join(dir, name)) ? schema.safeParse(JSON.parse(readFileSync(join(dir, name), 'utf8'))).data : undefined
  const address = read('identity.json', Granted)?.grant.brokerUrl ?? read('gateway.json', SetUp)?.cloudUrl
  if (address === undefined) return [unknown('uplink', 'not claimed yet, so no cloud is known')]
  const url = new URL(address)
  const port = Number(url.port || DEFAULT_PORTS[url.protocol] || 443)
  const cause = await reached(url.hostname, port)
  return [cause === undefined ? good('uplink', `${url.host} answers`) : bad('uplink', `${url.host}: ${cause}`)]
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80, 'mqtts:': 8883, 'mqtt:': 1883 }

const reached = (host: string, port: number): Promise<string | undefined> =>
  new Promise((done) => {
    const socket = connect({ host, port, timeout: 5000 })
    const end = (cause?: string): void => {
      socket.destroy()
      done(cause)
    }
    socket.on('connect', () => end())
    socket.on('timeout', () => end('no answer within 5 s'))
    socket.on('error', (cause) => end(cause.message))
  })

async function supply(service: Service): Promise<readonly Finding[]> {
  const answer = await service.ask('GET', '/readings').catch(() => undefined)
  const told = Readings.safeParse(answer?.body).data?.readings.find(
    ({ capability, quality }) => capability === 'supply.voltage' && quality === 'good',
  )?.value
  if (typeof told !== 'number') return [unknown('supply', 'no device tells its voltage')]
  return [told < LEAST_VOLT ? bad('supply', `${told} V`) : good('supply', `${told} V`)]
}

/** What has to be right before anything is wired to anything. */
export const doctorTasks = (dir: string, service: Service): readonly Task[] => [
  { title: 'clock', run: async () => clock() },
  { title: 'disk and card', run: async () => disk(dir) },
  { title: 'serial ports', run: () => ports(dir) },
  { title: 'uplink', run: () => uplink(dir) },
  { title: 'supply voltage', run: () => supply(service) },
]
