import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { initHistory } from '../../../cloud/cli/history-init.ts'
import type { Terminal } from '../../../cloud/cli/terminal.ts'
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
})

describe.skipIf(!requireReal('victoria-metrics'))('kordon history init, VictoriaMetrics', { timeout: 60_000 }, () => {
  test('reads the retention and proves both ways; too short a retention is left to a person', async () => {
    const server = await startVictoriaMetrics()
    const { made, states, steps } = terminal({ INFLUX_URL: server.url })
    await initHistory(made, {})
    expect(states()).toEqual(['there', 'there'])
    await expect(initHistory(made, { keepDays: '36500' })).resolves.toBeUndefined()
    expect(steps()).toHaveLength(2)
    await server.stop()
  })
})

test('without INFLUX_URL it says what to set', async () => {
  await expect(initHistory(terminal({}).made, {})).rejects.toThrow(/INFLUX_URL/)
})
