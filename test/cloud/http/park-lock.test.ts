import { randomUUID } from 'node:crypto'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { subjectsOf } from '../../../cloud/http/park-lock.ts'
import { MAIN_PARK } from '../../../cloud/parks/park.ts'
import { cookieOf, createPeopleApp, type PeopleApp } from '../../support/people-app.ts'

const OTHER = randomUUID()
const [here, there, card] = [randomUUID(), randomUUID(), randomUUID()]
/** Routes of somebody who has forgotten every filter. */
const forgetful: FastifyPluginAsyncZod = async (app) => {
  const roles = ['manager'] as const
  const things: Readonly<Record<string, () => unknown>> = {
    list: () => ({ items: [{ id: here }, { id: there }] }),
    one: () => ({ id: there, plate: 'А002АА77' }),
    bare: () => [{ id: there }],
    standing: () => ({ items: [{ vehicleId: there, kopecks: 5 }] }),
    gateway: () => ({ items: [{ id: 'gw-therethere' }] }),
    card: () => ({ id: card, fields: {} }),
    crowd: () => ({ items: [...Array.from({ length: 1500 }, () => ({ id: here })), { id: there }] }),
    crowdHere: () => ({ items: Array.from({ length: 1500 }, () => ({ id: here })) }),
    own: () => ({ items: [{ id: here }, { id: randomUUID() }, { id: 'no-uuid' }] }),
    past: () => ({ id: here, earlier: [{ vehicleId: there }], driver: { id: there } }),
  }
  for (const [name, answer] of Object.entries(things))
    app.get(`/api/forgotten/${name}`, { config: { roles } }, async () => answer())
}
let house: PeopleApp
const seen: Record<string, string> = {}
beforeAll(async () => {
  house = await createPeopleApp([forgetful])
  const { db } = house
  await sql`insert into parks (id, name, named_at) values (${OTHER}, 'Северный', 0)`.execute(db)
  for (const [vehicle, plate, park] of [
    [here, 'А001АА77', MAIN_PARK],
    [there, 'А002АА77', OTHER],
  ])
    await sql`insert into vehicles (id, plate, model, created_at, park_id)
      values (${vehicle}, ${plate}, 'Haval', 0, ${park})`.execute(db)
  await sql`insert into gateways (id, vehicle_id, created_at, created_by)
    values ('gw-therethere', ${there}, 0, 'test')`.execute(db)
  await sql`insert into process_definitions (version, files, note, loaded_at, loaded_by)
    values (1, '[]', '', 0, 'test')`.execute(db)
  await sql`insert into cards (id, pipeline, definition, stage, entered_at, created_at, entity, fields, version, repeats)
    values (${card}, 'one', 1, 'one', 0, 0, 'deal', '{}', 1, '{}')`.execute(db)
  await sql`insert into card_links (card, entity, record) values (${card}, 'vehicle', ${there})`.execute(db)
  await house.people.createAccount({ login: 'all', name: 'All', role: 'manager', password: 'a calm green field' })
  await house.people.createAccount({
    ...{ login: 'main', name: 'Main', role: 'manager', password: 'a calm green field' },
    parks: [MAIN_PARK],
  })
  for (const login of ['all', 'main']) seen[login] = await cookieOf(house.app, login, 'a calm green field')
})
afterAll(() => house.close())

const ask = (login: 'all' | 'main', name: string) =>
  house.app.inject({ url: `/api/forgotten/${name}`, headers: { cookie: seen[login] ?? '' } })

test.each(['list', 'crowd', 'one', 'bare', 'standing', 'gateway', 'card'])(
  'an unfiltered answer about another park does not leave: %s',
  async (name) => {
    expect((await ask('all', name)).statusCode).toBe(200)
    const answer = await ask('main', name)
    expect(answer.json()).toMatchObject({ status: 500, code: 'service/failed', detail: null })
    for (const told of [there, card, 'А002АА77', 'gw-there']) expect(answer.body).not.toContain(told)
  },
)

test.each(['own', 'crowdHere', 'past'])(
  'what is of the own park, or merely mentions another, does: %s',
  async (name) => {
    expect((await ask('main', name)).statusCode).toBe(200)
  },
)

test('an answer is about itself, or about each item of its list', () => {
  expect(subjectsOf({ id: 'a', driver: { id: 'b' } })).toEqual(['a'])
  expect(
    subjectsOf({ items: [{ id: 'a', vehicleId: 'b' }, { vehicleId: 'c' }, { driverId: 'd' }, {}, null, 'e'] }),
  ).toEqual(['a', 'c', 'd'])
  expect(subjectsOf([{ id: 'a' }])).toEqual(['a'])
  for (const other of [null, undefined, 'text', 5, {}]) expect(subjectsOf(other)).toEqual([])
})
