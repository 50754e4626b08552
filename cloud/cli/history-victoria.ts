import { CommandFailed, request } from './api-client.ts'
import type { HistoryServer, Step } from './history-init.ts'

/** VictoriaMetrics has nothing to be made: how long it keeps is a flag at its start. Says which, and proves both ways. */
export async function initVictoria(server: HistoryServer): Promise<readonly Step[]> {
  const answer = await request(`${server.url}/flags`, { method: 'GET' })
  const flags = answer.ok ? await answer.text() : undefined
  return [retention(server, flags), dedupe(flags), await proveWrite(server)]
}

const UNITS: Readonly<Record<string, number>> = { h: 1 / 24, d: 1, w: 7, '': 31, y: 365 }

function retention({ keepDays }: HistoryServer, flags: string | undefined): Step {
  const what = `kept for ${keepDays} days at least`
  const how = `start VictoriaMetrics with -retentionPeriod=${keepDays}d`
  const flag = /-retentionPeriod="?(\d+(?:\.\d+)?)([hdwy]?)/.exec(flags ?? '')
  if (flag === null) return { what, state: 'to-do', how: `${how} (its flags cannot be read here)` }
  const days = Number(flag[1]) * (UNITS[flag[2] ?? ''] ?? 0)
  return days >= keepDays
    ? { what, state: 'there' }
    : { what, state: 'to-do', how: `${how}; now it keeps ${days} days` }
}

/** What is written again, after a crash or by another instance, must count once. A longer interval would thin the frames. */
function dedupe(flags: string | undefined): Step {
  const what = 'a frame written twice counts once'
  const how = 'start VictoriaMetrics with -dedup.minScrapeInterval=1ms'
  if (flags === undefined) return { what, state: 'to-do', how: `${how} (its flags cannot be read here)` }
  return /-dedup\.minScrapeInterval="?1ms\b/.test(flags) ? { what, state: 'there' } : { what, state: 'to-do', how }
}

async function proveWrite({ url, bucket }: HistoryServer): Promise<Step> {
  const at = Math.floor(Date.now() / 1000) - 60
  const lines = `kordon_probe value=${at} ${at}`
  const written = await request(`${url}/write?${new URLSearchParams({ db: bucket, precision: 's' })}`, {
    method: 'POST',
    body: lines,
  })
  if (!written.ok) throw new CommandFailed('history/not-written', `the server refuses lines: ${await written.text()}`)
  await request(`${url}/internal/force_flush`, { method: 'GET' })
  const query = new URLSearchParams({
    'match[]': '{__name__="kordon_probe_value"}',
    start: String(at),
    end: String(at),
  })
  const read = await request(`${url}/api/v1/export?${query}`, { method: 'GET' })
  if (!(await read.text()).includes(String(at)))
    throw new CommandFailed('history/not-read', 'a value just written is not found')
  return { what: 'a value written and read back', state: 'there' }
}
