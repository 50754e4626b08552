import { afterAll, beforeAll, expect, test } from 'vitest'
import { createHealthRoutes } from '../../../cloud/metrics/health-routes.ts'
import { createMetricsService } from '../../../cloud/metrics/metrics-service.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { createPeopleApp, type PeopleApp } from '../../support/people-app.ts'

const clock = createManualClock()
const metrics = createMetricsService()
let sqlWorks = true
let brokerAnswers = true
let house: PeopleApp
beforeAll(async () => {
  const dependencies = [
    {
      name: 'sql',
      check: async () => {
        if (!sqlWorks) throw new Error('connection refused')
      },
    },
    { name: 'broker', check: () => (brokerAnswers ? Promise.resolve() : new Promise<void>(() => {})) },
  ]
  house = await createPeopleApp([createHealthRoutes({ metrics, dependencies, clock, version: '1.2.3' })], {
    onAnswered: metrics.observeRequest,
  })
})
afterAll(() => house.close())
const get = (url: string) => house.app.inject({ method: 'GET', url })

test('alive without signing in', async () => {
  expect((await get('/api/health')).json()).toEqual({ alive: true })
})

test('ready with one line per dependency', async () => {
  const answer = await get('/api/ready')
  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({
    ready: true,
    version: '1.2.3',
    dependencies: [
      { name: 'sql', ok: true, ms: 0, detail: null },
      { name: 'broker', ok: true, ms: 0, detail: null },
    ],
  })
})

test('a dependency that fails or does not answer is named, and the answer is 503', async () => {
  sqlWorks = false
  brokerAnswers = false
  const asked = get('/api/ready')
  // The check begins once the request is through the hooks; the clock turns until then and beyond its limit.
  let answer: Awaited<typeof asked> | undefined
  asked.then((it) => {
    answer = it
  })
  while (answer === undefined) await clock.advance(500)
  expect(answer.statusCode).toBe(503)
  expect(answer.json().dependencies).toMatchObject([
    { name: 'sql', ok: false, detail: 'connection refused' },
    { name: 'broker', ok: false, detail: 'no answer in time' },
  ])
})

test('numbers in the text format of Prometheus, by route and never by address', async () => {
  const count = metrics.counter<'records'>('kordon_ingest_total', 'What came in')
  count('records', 3)
  metrics.gauge('kordon_live_readers', 'Readers of the live feed', () => 7)
  await get('/api/nothing?secret=1')
  const answer = await get('/metrics')
  expect(answer.headers['content-type']).toContain('text/plain')
  expect(answer.body).toContain('kordon_ingest_total{what="records"} 3')
  expect(answer.body).toContain('kordon_live_readers 7')
  expect(answer.body).toContain('route="/api/health"')
  expect(answer.body).toContain('process_resident_memory_bytes')
  expect(answer.body).not.toContain('secret')
})
