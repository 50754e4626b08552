import { type Clock, millis, seconds } from '#contract/instant.ts'
import type { Log } from '../log.ts'
import type { BrokerProcess, StartBroker } from './broker-process-client.ts'
import type { BusPlan } from './bus-access.ts'
import type { VoiceSecrets } from './voices.ts'

type Deps = {
  readonly plan: BusPlan
  readonly secrets: VoiceSecrets
  readonly start: StartBroker
  readonly clock: Clock
  readonly log: Log
  /** The port listened on, or undefined while there is no broker. */
  readonly onPort: (port: number | undefined) => void
}

const PAUSES_MS = [250, 1000, 5000, 15_000, 30_000]
/** A process that lived so long and then died starts with the shortest pause again. */
const SETTLED = seconds(60)
const PING = seconds(10)
/** A process that is there and answers nothing is ended: a stuck broker is no broker. */
const DEAD = seconds(60)

type Life = { readonly livedMs: number; readonly why: string }

/** Keeps the in-car broker's process alive until told to stop, with growing pauses; nothing here can stop the gateway. */
export async function runBrokerLoop(deps: Deps, stop: AbortSignal): Promise<void> {
  const { clock, log } = deps
  let deaths = 0
  while (!stop.aborted) {
    const { livedMs, why } = await oneLife(deps, stop)
    deps.onPort(undefined)
    if (stop.aborted) return
    deaths = livedMs > SETTLED ? 1 : deaths + 1
    const pauseMs = PAUSES_MS[Math.min(deaths, PAUSES_MS.length) - 1] ?? 30_000
    log.error({ why, livedMs: Math.round(livedMs), pauseMs }, 'local-bus.ended')
    await clock.sleep(millis(pauseMs), stop)
  }
}

async function oneLife({ plan, secrets, start, clock, log, onPort }: Deps, stop: AbortSignal): Promise<Life> {
  const bornAt = clock.steady()
  const ending = new AbortController()
  let why = 'stopped'
  let heardAt = bornAt
  let child: BrokerProcess | undefined
  const ended = new Promise<void>((done) => {
    child = start({
      said: (message) => {
        heardAt = clock.steady()
        if (message.kind === 'log') log[message.level](message.fields, message.event)
        if (message.kind !== 'listening') return
        log.info({ host: plan.host, port: message.port, pid: child?.pid }, 'local-bus.listening')
        onPort(message.port)
      },
      ended: (reason) => {
        why = reason
        ending.abort()
        done()
      },
    })
  })
  child?.tell({ kind: 'begin', plan, secrets })
  const over = AbortSignal.any([stop, ending.signal])
  while (!over.aborted) {
    await clock.sleep(PING, over)
    if (over.aborted) break
    child?.tell({ kind: 'ping' })
    if (clock.steady() - heardAt <= DEAD) continue
    log.error({ pid: child?.pid }, 'local-bus.stuck')
    break
  }
  if (!ending.signal.aborted) child?.kill()
  await ended
  return { livedMs: clock.steady() - bornAt, why }
}
