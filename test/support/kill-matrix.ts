import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { StreamId } from '#contract/ids.ts'
import { leaveBacklog, secondsOfDriving } from './backlog.ts'
import { startFaultProxy } from './fault-proxy.ts'
import { BENCH_GATEWAY, identify, nmeaInstallation, startGateway } from './gateway-process.ts'
import { startLoad } from './load.ts'
import type { LedgerPage } from './load-plan.ts'
import { matrixState } from './matrix-state.ts'
import { startInflux, startMosquitto, startPostgres } from './real-servers.ts'
import type { RealServer } from './real-servers-process.ts'
import { startCloud } from './running-cloud.ts'
import { PASSWORD, seedFleet } from './seeded-fleet.ts'
import { seededRandom } from './seeded-random.ts'
import { addUp, lagOf, type Tally, tallyInflux, tallyJournals } from './stored-frames.ts'
import { until } from './until.ts'

export const VICTIMS = ['gateway', 'cloud', 'broker', 'postgres', 'influx'] as const
export type Victim = (typeof VICTIMS)[number]

export type KillPlan = {
  /** Each of the five is killed at least so often. */
  readonly kills: number
  readonly gateways: number
  readonly framesPerS: number
  /** Frames that wait in the outbox of the one real gateway when it begins. */
  readonly backlog: number
  readonly seed: number
  /** `embedded`: the cloud's own, which is killed with it. Default: Mosquitto. */
  readonly broker?: 'outside' | 'embedded'
  readonly print: (line: string) => void
}

export type KillReport = {
  readonly kills: Readonly<Record<Victim, number>>
  /** Frames in the generator's ledger. */
  readonly receipted: number
  /** By query of InfluxDB, against what was receipted. */
  readonly history: Tally
  readonly journal: Tally
  readonly gateway: Tally
  readonly seconds: number
}

/** Sees no fix: it drains what it has. */
const NO_RECEIVER = 1
const ROUND_PROGRESS = 50

/**
 * Gateway, cloud, Mosquitto, PostgreSQL and InfluxDB under load, killed by SIGKILL at random moments, alone and several at
 * once, and started again. Then everything receipted is looked for by query.
 */
export async function runKillMatrix(plan: KillPlan): Promise<KillReport> {
  const began = performance.now()
  const random = seededRandom(plan.seed, 'kill-matrix')
  const dir = mkdtempSync(join(tmpdir(), 'kordon-kill-matrix-'))
  const closing: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })]
  const kept = <Server extends RealServer>(server: Server): Server => {
    closing.push(() => server.stop())
    return server
  }
  try {
    const mosquitto = plan.broker === 'embedded' ? undefined : kept(await startMosquitto())
    const [postgres, influx] = [kept(await startPostgres()), kept(await startInflux())]
    const mortal = VICTIMS.filter((victim) => victim !== 'broker' || mosquitto !== undefined)
    const fleet = await seedFleet(postgres.url, plan.gateways, [BENCH_GATEWAY])
    const cloud = await startCloud({
      DATABASE_URL: postgres.url,
      ...(mosquitto === undefined ? {} : { BROKER_URL: mosquitto.url }),
      INFLUX_URL: influx.url,
      INFLUX_API: 'v1',
      KORDON_LOG_LEVEL: 'warn',
    })
    closing.push(() => cloud.stop())
    const brokerPort = mosquitto?.port ?? cloud.mqttPort
    const journal = join(cloud.dataDir, 'journal.sqlite')
    const home = mkdtempSync(join(dir, 'gateway-'))
    // Bad weather makes it slow enough to be killed in the middle of its backlog.
    const proxy = await startFaultProxy(brokerPort, { oneWayMs: 150, jitterMs: 10, loss: 0 }, plan.seed)
    closing.push(() => proxy.close())
    identify(home, `mqtt://127.0.0.1:${proxy.port}`, PASSWORD)
    const beganAt = Date.now()
    const streams = leaveBacklog(home, secondsOfDriving(plan.backlog, beganAt - plan.backlog * 1000), 200)
    const wake = () => startGateway({ dir: home, installation: nmeaInstallation(NO_RECEIVER) })
    let gateway = wake()
    closing.push(() => gateway.stop())
    const load = await startLoad({
      host: '127.0.0.1',
      ports: [brokerPort],
      gateways: fleet,
      window: 20,
      framesPerMessage: 1,
      resent: 0.05,
      framesPerS: plan.framesPerS,
      stepMs: 20,
      from: Date.now(),
      forgets: 'on-receipt',
      protocol: 'own',
    })
    closing.push(() => load.kill())

    const kill: Record<Victim, () => Promise<void>> = {
      gateway: () => killed(gateway.pid),
      cloud: () => cloud.kill(),
      broker: async () => {
        if (mosquitto === undefined) return
        // It writes its file once a minute, which few of them live to: half of them are killed right after it.
        if (random() < 0.5) {
          process.kill(mosquitto.pid(), 'SIGUSR1')
          await pause(50)
        }
        await mosquitto.kill()
      },
      postgres: () => postgres.kill(),
      influx: () => influx.kill(),
    }
    const revive: Record<Victim, () => Promise<unknown>> = {
      gateway: async () => {
        gateway = wake()
      },
      cloud: () => persistently(cloud.restart),
      broker: async () => mosquitto && persistently(mosquitto.restart),
      postgres: () => persistently(postgres.restart),
      influx: () => persistently(influx.restart),
    }
    const kills: Record<Victim, number> = { gateway: 0, cloud: 0, broker: 0, postgres: 0, influx: 0 }
    let saidAt = performance.now()
    while (mortal.some((victim) => kills[victim] < plan.kills)) {
      const before = await load.frames()
      const isNew = async () => (await load.frames()) >= before + ROUND_PROGRESS
      await until('something new is receipted', isNew, { withinMs: 90_000, everyMs: 50 }).catch(async (cause) => {
        const parts = { cloud, postgres, influx, mosquitto, gatewayPid: gateway.pid, journal, load }
        throw new Error(`${JSON.stringify(kills)}\n${await matrixState(parts)}`, { cause })
      })
      await pause(300 * random())
      const left = mortal.filter((victim) => kills[victim] < plan.kills)
      const first = left[Math.floor(random() * left.length)]
      const victims = left.filter((victim) => victim === first || random() < 0.75)
      for (const victim of victims) {
        await kill[victim]()
        kills[victim] += 1
        if (victim === 'cloud' && mosquitto === undefined) kills.broker += 1
        await pause(100 * random())
      }
      // The database before the cloud: without it the cloud does not start, and its supervisor tries again.
      for (const victim of VICTIMS.toReversed()) if (victims.includes(victim)) await revive[victim]()
      if (performance.now() - saidAt > 10_000) {
        saidAt = performance.now()
        plan.print(`${JSON.stringify(kills)} ${await load.frames()} frames receipted`)
      }
    }
    const report = await load.stop(60_000)
    const isStored = (stream: StreamId, count: number) => tallyJournals([journal], [page(stream, count)]).lost === 0
    const drained = () => isStored(streams.frames, plan.backlog) && isStored(streams.events, 200)
    await until('the gateway has drained its backlog', drained, { withinMs: 120_000, everyMs: 500 })
    await until('the history has caught up', () => lagOf(journal, 'history') === 0, { withinMs: 120_000 })
    const mine = page(streams.frames, plan.backlog)
    return {
      kills,
      receipted: report.frames,
      history: await tallyInflux(influx.url, report.ledger),
      journal: tallyJournals([journal], report.ledger),
      gateway: addUp([
        // What it reads by itself is of other streams, and later.
        await tallyInflux(influx.url, [mine], beganAt),
        tallyJournals([journal], [page(streams.events, 200)]),
      ]),
      seconds: (performance.now() - began) / 1000,
    }
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

const page = (stream: StreamId, through: number): LedgerPage => ({
  gateway: BENCH_GATEWAY,
  stream,
  through,
  beyond: [],
})

/** A server that was just killed may find its own remains in the way. */
async function persistently(start: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries += 1)
    try {
      return await start()
    } catch (cause) {
      if (tries === 5) throw cause
      await pause(500)
    }
}

async function killed(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL')
  await until('the process is gone', () => {
    try {
      process.kill(pid, 0)
      return false
    } catch {
      return true
    }
  })
}
