import { afterAll, beforeAll, expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import { createLiveRoutes } from '../../../cloud/live/live-routes.ts'
import { createLiveService } from '../../../cloud/live/live-service.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { cookieOf, createPeopleApp, type PeopleApp } from '../../support/people-app.ts'
import { silentLog } from '../../support/silent-log.ts'

const VEHICLE = VehicleId.parse('0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21')
let house: PeopleApp
let url: string
const world = { clock: createManualClock(), log: silentLog }
const views = async (ids: readonly string[]) => ids.map((id) => ({ key: id, vehicleId: id, data: `{"id":"${id}"}` }))
const live = createLiveService({ world, vehicleViews: views, orderViews: views, parksOf: async () => new Map() })
let welcome = true
beforeAll(async () => {
  house = await createPeopleApp([
    createLiveRoutes({ world, live, sight: async () => (welcome ? { parks: 'all', veil: undefined } : undefined) }),
  ])
  await house.people.ensureAccounts([{ login: 'manager', name: 'M', role: 'manager', password: 'demo-manager' }])
  url = await house.app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  live.close()
  await house.close()
})

test('the live feed needs a sign-in', async () => {
  expect((await fetch(`${url}/api/live`)).status).toBe(401)
})

test('a reader is greeted, hears what changes, and is let go when the session ends', async () => {
  const answer = await fetch(`${url}/api/live`, {
    headers: { cookie: await cookieOf(house.app, 'manager', 'demo-manager') },
  })
  expect(answer.headers.get('content-type')).toContain('text/event-stream')
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'")
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader()
  const next = async () => (await reader?.read())?.value
  expect(await next()).toMatch(/^retry: 3000\nevent: hello\n/)
  live.vehicleChanged(VEHICLE)
  await live.round()
  expect(await next()).toBe('event: vehicle\ndata: {"id":"0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21"}\n\n')
  welcome = false
  await live.heartbeat()
  expect(await next()).toBeUndefined()
  expect(live.readers()).toBe(0)
})
