import { z } from 'zod'
import { CommandFailed, request } from './api-client.ts'
import { initInflux1 } from './history-influx1.ts'
import { initInflux2 } from './history-influx2.ts'
import { initVictoria } from './history-victoria.ts'
import type { Terminal } from './terminal.ts'

export type HistoryInitOptions = { readonly keepDays?: string; readonly shorten?: boolean }

/** Where history is, as the cloud's own variables say it. */
export type HistoryServer = {
  readonly url: string
  readonly api: 'v1' | 'v2'
  readonly token: string
  readonly org: string
  readonly bucket: string
  readonly keepDays: number
  /** Whether what is older than `keepDays` may be deleted where more is kept now. */
  readonly shorten: boolean
}

/** One thing that was looked at: done now, there before, or left to a person. */
export type Step = {
  readonly what: string
  readonly state: 'made' | 'changed' | 'there' | 'to-do'
  readonly how?: string
}

const Environment = z.object({
  INFLUX_URL: z.url(),
  INFLUX_API: z.enum(['v1', 'v2']).default('v2'),
  INFLUX_TOKEN: z.string().default(''),
  INFLUX_ORG: z.string().default('kordon'),
  INFLUX_BUCKET: z.string().default('kordon'),
})
const LEAST_DAYS = 92
const Days = z.coerce.number<string>().int().min(LEAST_DAYS).max(36_500)

/** Makes what history needs in a time-series database, and proves that it can be written and read. Repeats harmlessly. */
export async function initHistory(terminal: Terminal, options: HistoryInitOptions): Promise<void> {
  const env = Environment.safeParse(
    Object.fromEntries(Object.entries(terminal.env).filter(([, value]) => value !== undefined && value !== '')),
  )
  if (!env.success)
    throw new CommandFailed(
      'usage/environment',
      `set INFLUX_URL (and INFLUX_API, INFLUX_TOKEN, INFLUX_ORG, INFLUX_BUCKET): ${env.error.issues[0]?.path.join('.')} is wrong`,
    )
  const days = Days.safeParse(options.keepDays ?? '1095')
  if (!days.success) throw new CommandFailed('usage/days', `--keep-days is a number of days, ${LEAST_DAYS} at least`)
  const { INFLUX_URL, INFLUX_API: api, INFLUX_TOKEN: token, INFLUX_ORG: org, INFLUX_BUCKET: bucket } = env.data
  const server = {
    ...{ url: INFLUX_URL.replace(/\/$/, ''), api, token, org, bucket },
    ...{ keepDays: days.data, shorten: options.shorten === true },
  }
  const kind = await kindOf(server)
  const steps = await { VictoriaMetrics: initVictoria, 'InfluxDB 1.x': initInflux1, 'InfluxDB 2.x': initInflux2 }[kind](
    server,
  )
  const open = steps.filter(({ state }) => state === 'to-do')
  terminal.result({ server: kind, url: server.url, steps }, () => [
    `${kind} at ${server.url}`,
    ...steps.map(({ what, state, how }) => `  ${state.padEnd(8)}${what}${how === undefined ? '' : `: ${how}`}`),
    open.length === 0 ? 'History is ready.' : `${open.length} left to do by hand, see above.`,
  ])
  if (open.length > 0)
    throw new CommandFailed('history/to-do', open.map(({ what, how }) => `${what}: ${how ?? ''}`).join('; '))
}

async function kindOf({ url, api }: HistoryServer): Promise<'VictoriaMetrics' | 'InfluxDB 1.x' | 'InfluxDB 2.x'> {
  const answer = await request(`${url}/api/v1/status/buildinfo`, { method: 'GET' })
  const text = await answer.text()
  if (answer.ok && text.includes('"status"')) return 'VictoriaMetrics'
  // 1.x says `1.8.10`, 2.x `v2.7.1`; who says nothing is believed to be what the settings call it.
  const version = (await request(`${url}/ping`, { method: 'GET' })).headers.get('x-influxdb-version') ?? ''
  const generation = /^v?([12])\./.exec(version)?.[1]
  if (generation !== undefined && `v${generation}` !== api)
    throw new CommandFailed('history/generation', `this is InfluxDB ${version}: set INFLUX_API=v${generation}`)
  return api === 'v1' ? 'InfluxDB 1.x' : 'InfluxDB 2.x'
}
