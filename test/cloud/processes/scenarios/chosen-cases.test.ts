import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CloudApp, startCloudApp } from '../../../support/cloud-app.ts'

let app: CloudApp
beforeAll(async () => {
  app = await startCloudApp({ KORDON_CASES: 'b' })
}, 60_000)
afterAll(() => app.stop())

const read = async (url: string) =>
  (await app.cloud.http.inject({ url, headers: { cookie: await app.as('owner') } })).json()

test('an installation of one case has its pipelines and rules and no others', async () => {
  const pipelines: { items: { id: string }[] } = await read('/api/pipelines')
  expect(pipelines.items.map(({ id }) => id).sort()).toEqual(['feedback', 'first_contact', 'repair_visit'])
})

test('the rules that hold cars are the house’s own: they are read whichever case runs', async () => {
  const rules: { items: { id: string; state: string }[] } = await read('/api/rules')
  expect(rules.items.find(({ id }) => id === 'a_site_lead')).toBeUndefined()
  expect(rules.items.length).toBeGreaterThan(20)
  expect(rules.items.filter(({ state }) => state === 'broken')).toEqual([])
})
