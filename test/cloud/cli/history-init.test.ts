import { once } from 'node:events'
import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { rollUpStatement } from '../../../cloud/cli/history-influx1.ts'
import { initHistory } from '../../../cloud/cli/history-init.ts'
import type { Terminal } from '../../../cloud/cli/terminal.ts'
import { startFakeInflux2 } from '../../support/fake-influx2.ts'
import { type RealServer, requireReal, startInflux, startVictoriaMetrics } from '../../support/real-servers.ts'

type Shown = { readonly steps: readonly { readonly what: string; readonly state: string; readonly how?: string }[] }

function terminal(env: Record<string, string>) {
  const shown: unknown[] = []
  const made: Terminal = { env, isInteractive: false, result: (value) => void shown.push(value) }
  return {
    made,
    steps: () => (shown.at(-1) as Shown).steps,
    states: () => (shown.at(-1) as Shown).steps.map(({ state }) => state),
  }
}

describe.skipIf(!requireReal('influxdb'))('kordon history init, InfluxDB 1.x', { timeout: 60_000 }, () => {
  let server: RealServer
  beforeAll(async () => {
    server = await startInflux()
  })
  afterAll(() => server.stop())
  const env = (bucket: string) => ({ INFLUX_URL: server.url, INFLUX_API: 'v1', INFLUX_BUCKET: bucket })

  test('makes everything once, and finds it there the second time', async () => {
    const { made, states } = terminal(env('fresh'))
    await initHistory(made, {})
    expect(states()).toEqual(['made', 'made', 'made', 'there'])
    await initHistory(made, {})
    expect(states()).toEqual(['there', 'there', 'there', 'there'])
    await initHistory(made, { keepDays: '2000' })
    expect(states()[0]).toBe('changed')
  })

  test('a database that keeps more loses nothing unless that is asked for', async () => {
    const { made, steps } = terminal(env('kordon'))
    await initHistory(made, { keepDays: '100' })
    expect(steps()[0]).toMatchObject({ state: 'there', how: expect.stringContaining('--shorten') })
    await initHistory(made, { keepDays: '100', shorten: true })
    expect(steps()[0]).toMatchObject({ state: 'changed' })
    await expect(initHistory(made, { keepDays: '30' })).rejects.toThrow(/92 at least/)
  })

  test('asked for as 2.x it says what it is', async () => {
    await expect(initHistory(terminal({ ...env('kordon'), INFLUX_API: 'v2' }).made, {})).rejects.toThrow(
      /this is InfluxDB 1\.\S+: set INFLUX_API=v1/,
    )
  })
})

test('a 1.x that does not know the user says so itself', async () => {
  const server = createServer((_, answer) => {
    answer.writeHead(401, { 'content-type': 'application/json', 'x-influxdb-version': '1.6.7' })
    answer.end('{"error":"authorization failed"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('listening on a port')
  const env = { INFLUX_URL: `http://127.0.0.1:${address.port}`, INFLUX_API: 'v1', INFLUX_TOKEN: 'kordon:wrong' }
  await expect(initHistory(terminal(env).made, {})).rejects.toThrow(/authorization failed .*user:password/)
  server.close()
})

describe.skipIf(!requireReal('victoria-metrics'))('kordon history init, VictoriaMetrics', { timeout: 60_000 }, () => {
  test('reads the retention and proves both ways; too short a retention is left to a person', async () => {
    const server = await startVictoriaMetrics()
    const { made, states, steps } = terminal({ INFLUX_URL: server.url })
    await initHistory(made, {})
    expect(states()).toEqual(['there', 'there', 'there'])
    await expect(initHistory(made, { keepDays: '36500' })).resolves.toBeUndefined()
    expect(steps()).toHaveLength(3)
    await server.stop()
  })

  test('one that would count a frame twice, or thin frames, is told how to start', async () => {
    for (const flags of [[], ['-dedup.minScrapeInterval=15s']]) {
      const server = await startVictoriaMetrics(flags)
      const { made, states } = terminal({ INFLUX_URL: server.url })
      await expect(initHistory(made, {})).rejects.toThrow(/-dedup\.minScrapeInterval=1ms/)
      expect(states()).toEqual(['there', 'to-do', 'there'])
      await server.stop()
    }
  })
})

describe('kordon history init, InfluxDB 2.x by its published contract', () => {
  const started = async () => {
    const server = await startFakeInflux2()
    const env = { INFLUX_URL: server.url, INFLUX_API: 'v2', INFLUX_TOKEN: server.token, INFLUX_ORG: 'kordon' }
    return { server, env }
  }

  test('makes buckets, the mapping for InfluxQL and the roll-up, proves a line, and finds all of it the second time', async () => {
    const { server, env } = await started()
    const { made, states } = terminal(env)
    await initHistory(made, { keepDays: '400' })
    expect(states()).toEqual(['made', 'made', 'made', 'made', 'there'])
    const [raw, rolled] = server.buckets
    expect([raw?.name, raw?.retentionRules]).toEqual(['kordon', [{ type: 'expire', everySeconds: 400 * 86_400 }]])
    expect([rolled?.name, rolled?.retentionRules]).toEqual(['kordon_rollup', []])
    expect(server.mappings).toMatchObject([{ database: 'kordon', bucketID: raw?.id, default: true }])
    expect(server.tasks[0]?.flux).toContain('to(bucket: "kordon_rollup", org: "kordon")')
    // The same roll-up as on 1.x: every field of it, and no gateway among its tags.
    const rolledUp = [...rollUpStatement('kordon', 'raw').matchAll(/AS "(\w+)"/g)].map(([, field]) => field)
    for (const field of rolledUp) expect(server.tasks[0]?.flux).toContain(`name: "${field}")`)
    expect(server.tasks[0]?.flux).toContain('drop(columns: ["gateway"])')
    await initHistory(made, { keepDays: '400' })
    expect(states()).toEqual(['there', 'there', 'there', 'there', 'there'])
    expect([server.buckets.length, server.mappings.length, server.tasks.length]).toEqual([2, 1, 1])
    await server.stop()
  })

  test('shortens what is kept only when that is asked for', async () => {
    const { server, env } = await started()
    const { made, steps, states } = terminal(env)
    await initHistory(made, { keepDays: '400' })
    await initHistory(made, { keepDays: '100' })
    expect(steps()[0]).toMatchObject({ state: 'there', how: expect.stringContaining('--shorten') })
    expect(server.buckets[0]?.retentionRules[0]?.everySeconds).toBe(400 * 86_400)
    await initHistory(made, { keepDays: '100', shorten: true })
    expect([states()[0], server.buckets[0]?.retentionRules[0]?.everySeconds]).toEqual(['changed', 100 * 86_400])
    await server.stop()
  })

  test.each([
    { what: 'a wrong token', change: { INFLUX_TOKEN: 'wrong' }, says: /401/ },
    { what: 'an organisation that is not there', change: { INFLUX_ORG: 'other' }, says: /no organisation other/ },
  ])('$what is said, and nothing is made', async ({ change, says }) => {
    const { server, env } = await started()
    await expect(initHistory(terminal({ ...env, ...change }).made, {})).rejects.toThrow(says)
    expect(server.buckets).toEqual([])
    await server.stop()
  })
})

test('without INFLUX_URL it says what to set', async () => {
  await expect(initHistory(terminal({}).made, {})).rejects.toThrow(/INFLUX_URL/)
})
