import { execFileSync } from 'node:child_process'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CLOUD_USER,
  MOSQUITTO_LIMITS,
  mosquittoAcl,
  mosquittoCloudListener,
  mosquittoGatewayListener,
  mosquittoPhoneListener,
} from '../../cloud/broker/mosquitto-files.ts'
import { mosquittoPassword } from '../../deploy/mosquitto-account.ts'
import { type Command, freePort, httpAnswers, type RealServer, run, systemUser } from './real-servers-process.ts'

export type { RealServer } from './real-servers-process.ts'

const POSTGRES_HOME = '/usr/lib/postgresql'

const postgresFolders = (): string[] =>
  existsSync(POSTGRES_HOME)
    ? readdirSync(POSTGRES_HOME)
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join(POSTGRES_HOME, version, 'bin'))
    : []

const WHERE = {
  mosquitto: ['mosquitto'],
  influxdb: ['influxd'],
  'victoria-metrics': ['victoria-metrics', 'victoria-metrics-prod'],
  postgresql: ['initdb'],
  nats: ['nats-server'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
} as const
export type RealName = keyof typeof WHERE

/** Path of the program, or undefined when this machine does not have it. */
export function findReal(name: RealName): string | undefined {
  const folders = [
    ...postgresFolders(),
    ...(process.env['PATH'] ?? '').split(delimiter),
    '/usr/sbin',
    '/usr/local/sbin',
  ]
  for (const program of WHERE[name])
    for (const folder of folders) if (existsSync(join(folder, program))) return join(folder, program)
  return undefined
}

/**
 * Is the real server here? For `describe.skipIf(!requireReal('mosquitto'))`. Absent, it says so on standard error; with
 * KORDON_REQUIRE_REAL=1 it throws, so that the test file fails.
 */
export function requireReal(name: RealName): boolean {
  if (findReal(name) !== undefined) return true
  if (process.env['KORDON_REQUIRE_REAL'] === '1')
    throw new Error(`${name} is absent, and KORDON_REQUIRE_REAL=1 asks for it`)
  process.stderr.write(
    `NOT RUN: ${name} is absent on this machine, its tests are skipped (install the package ${name})\n`,
  )
  return false
}

const programOf = (name: RealName): string => {
  const program = findReal(name)
  if (program === undefined) throw new Error(`${name} is absent; guard the test with requireReal('${name}')`)
  return program
}

type Plan = { readonly url: string; readonly command: Command }

/** The common life of all four: a folder, a port, tries again on another port if somebody took it meanwhile. */
async function serve(
  name: RealName,
  prepare: (dir: string) => void,
  plan: (dir: string, port: number) => Plan,
): Promise<RealServer> {
  const dir = mkdtempSync(join(tmpdir(), `kordon-${name}-`))
  prepare(dir)
  const begin = async (tries: number) => {
    const port = await freePort()
    const { url, command } = plan(dir, port)
    try {
      return { port, url, command, running: await run(command) }
    } catch (cause) {
      if (tries > 1) return begin(tries - 1)
      rmSync(dir, { recursive: true, force: true })
      throw cause
    }
  }
  const { port, url, command, running } = await begin(3)
  let now = running
  return {
    url,
    port,
    dir,
    output: () => now.output(),
    pid: () => now.pid(),
    kill: () => now.end('SIGKILL'),
    restart: async () => {
      await now.end(command.stopSignal ?? 'SIGTERM')
      now = await runAgain(command)
    },
    stop: async () => {
      await now.end(command.stopSignal ?? 'SIGTERM')
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** After kill -9 PostgreSQL refuses to start as long as a child of the killed one still ends. */
async function runAgain(command: Command, tries = 50): Promise<Awaited<ReturnType<typeof run>>> {
  try {
    return await run(command)
  } catch (cause) {
    if (tries === 1) throw cause
    await pause(100)
    return runAgain(command, tries - 1)
  }
}

const tcpAnswers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      done(true)
    })
    socket.once('error', () => done(false))
  })

export type MosquittoOptions = {
  /** Lines added to the configuration. */
  readonly config?: string
  /** With it the broker is configured as in production: gateways by certificate under the access list. PEM texts. */
  readonly tls?: {
    readonly ca: string
    readonly certificate: string
    readonly key: string
    /** The list of revoked certificates; the file `revoked` in its folder, read again at SIGHUP. */
    readonly revoked?: string
    /** User names of phones, each with the password `for tests only`; with them there is a listener of phones. */
    readonly phones?: readonly string[]
  }
}
export type RealMosquitto = RealServer & {
  /** For gateways: `mqtts://` with `tls`, else the same open `mqtt://` listener as `url`. */
  readonly gatewayUrl: string
  /** For phones; absent without any. */
  readonly phoneUrl: string | undefined
}

/** Mosquitto on loopback. `url` is for the cloud: with `tls` it carries the cloud's user name and password. */
export async function startMosquitto(options: MosquittoOptions = {}): Promise<RealMosquitto> {
  const gatewayPort = options.tls === undefined ? undefined : await freePort()
  const phonePort = options.tls?.phones === undefined ? undefined : await freePort()
  const server = await serve(
    'mosquitto',
    (dir) => {
      if (options.tls === undefined) return
      const { phones = [], ...texts } = options.tls
      for (const [file, text] of Object.entries(texts)) writeFileSync(join(dir, file), text)
      for (const list of ['gateways', 'phones', 'cloud'] as const)
        writeFileSync(join(dir, `${list}.acl`), mosquittoAcl(list))
      writeFileSync(
        join(dir, 'phone-passwords'),
        phones.map((user) => mosquittoPassword(user, 'for tests only')).join(''),
      )
      writeFileSync(join(dir, 'passwords'), mosquittoPassword(CLOUD_USER, 'for tests only'))
    },
    (dir, port) => {
      const at = (file: string) => join(dir, file)
      const listeners =
        options.tls === undefined
          ? `listener ${port} 127.0.0.1\nallow_anonymous true\n`
          : mosquittoCloudListener(`${port} 127.0.0.1`, { passwords: at('passwords'), acl: at('cloud.acl') }) +
            mosquittoGatewayListener(`${gatewayPort} 127.0.0.1`, {
              ca: at('ca'),
              certificate: at('certificate'),
              key: at('key'),
              acl: at('gateways.acl'),
              ...(options.tls.revoked === undefined ? {} : { revoked: at('revoked') }),
            }) +
            (phonePort === undefined
              ? ''
              : mosquittoPhoneListener(`${phonePort} 127.0.0.1`, {
                  certificate: at('certificate'),
                  key: at('key'),
                  passwords: at('phone-passwords'),
                  acl: at('phones.acl'),
                }))
      // As root Mosquitto would give up its rights, and with them the temporary folder.
      writeFileSync(
        at('mosquitto.conf'),
        `user root\npersistence_location ${dir}/\n${MOSQUITTO_LIMITS}${options.config ?? ''}\n${listeners}`,
      )
      const user = options.tls === undefined ? '' : `${CLOUD_USER}:${encodeURIComponent('for tests only')}@`
      return {
        url: `mqtt://${user}127.0.0.1:${port}`,
        command: {
          program: programOf('mosquitto'),
          args: ['-c', at('mosquitto.conf')],
          answers: () => tcpAnswers(port),
        },
      }
    },
  )
  return {
    ...server,
    gatewayUrl: gatewayPort === undefined ? server.url : `mqtts://127.0.0.1:${gatewayPort}`,
    phoneUrl: phonePort === undefined ? undefined : `mqtts://127.0.0.1:${phonePort}`,
  }
}

/** InfluxDB 1.x with an empty database `kordon`. */
export async function startInflux(options: { readonly database?: string } = {}): Promise<RealServer> {
  const rpcPort = await freePort()
  const server = await serve(
    'influxdb',
    () => {},
    (dir, port) => {
      const config = [
        'reporting-disabled = true',
        `bind-address = "127.0.0.1:${rpcPort}"`,
        `[meta]\ndir = "${dir}/meta"`,
        `[data]\ndir = "${dir}/data"\nwal-dir = "${dir}/wal"\nquery-log-enabled = false`,
        `[http]\nbind-address = "127.0.0.1:${port}"\nlog-enabled = false`,
        '[monitor]\nstore-enabled = false',
      ]
      writeFileSync(join(dir, 'influxdb.conf'), `${config.join('\n')}\n`)
      const url = `http://127.0.0.1:${port}`
      const args = ['-config', join(dir, 'influxdb.conf')]
      return { url, command: { program: programOf('influxdb'), args, answers: () => httpAnswers(`${url}/ping`) } }
    },
  )
  const create = new URLSearchParams({ q: `CREATE DATABASE "${options.database ?? 'kordon'}"` })
  const answer = await fetch(`${server.url}/query`, { method: 'POST', body: create })
  if (!answer.ok) throw new Error(`InfluxDB refused the database: ${await answer.text()}`)
  return server
}

/** VictoriaMetrics, single node. What is written is searchable after about a second, or after GET /internal/force_flush. */
export function startVictoriaMetrics(
  dedupe: readonly string[] = ['-dedup.minScrapeInterval=1ms'],
): Promise<RealServer> {
  return serve(
    'victoria-metrics',
    () => {},
    (dir, port) => {
      const url = `http://127.0.0.1:${port}`
      // Recorded drives are years old: below the default retention of one month they would be dropped without a word.
      const args = [
        `-storageDataPath=${dir}/data`,
        `-httpListenAddr=127.0.0.1:${port}`,
        '-retentionPeriod=100y',
        '-search.latencyOffset=0s',
        // As docs/growth.md asks for: what is written again, after a crash or by another instance, counts once.
        ...dedupe,
        '-loggerLevel=WARN',
      ]
      return {
        url,
        command: { program: programOf('victoria-metrics'), args, answers: () => httpAnswers(`${url}/health`) },
      }
    },
  )
}

/** PostgreSQL with user and database `kordon`, trusting loopback; fsync stays on. As root it runs as `postgres`. */
export function startPostgres(): Promise<RealServer> {
  const initdb = programOf('postgresql')
  const user = systemUser('postgres')
  const settings = (port: number) => [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=60',
  ]
  return serve(
    'postgresql',
    (dir) => {
      if (user !== undefined) chownSync(dir, user.uid, user.gid)
      const options = ['-D', join(dir, 'data'), '-U', 'kordon', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
      execFileSync(initdb, options, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/', ...user })
    },
    (dir, port) => ({
      url: `postgresql://kordon@127.0.0.1:${port}/postgres`,
      command: {
        program: join(initdb, '..', 'postgres'),
        args: ['-D', join(dir, 'data'), ...settings(port).flatMap((setting) => ['-c', setting])],
        user,
        answers: () => postgresAnswers(port),
        stopSignal: 'SIGINT',
      },
    }),
  )
}

/** A start-up packet of protocol 3.0: authentication granted (`R`) means it takes connections; `E` that it is starting. */
const postgresAnswers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const parameters = Buffer.from('\0\x03\0\0user\0kordon\0database\0postgres\0\0', 'latin1')
    const length = Buffer.alloc(4)
    length.writeUInt32BE(parameters.length + 4)
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.concat([length, parameters])))
    socket.setTimeout(1000, () => socket.destroy())
    socket.once('data', (answer) => {
      done(answer.toString('latin1', 0, 1) === 'R')
      socket.destroy()
    })
    socket.once('error', () => done(false))
    socket.once('close', () => done(false))
  })
