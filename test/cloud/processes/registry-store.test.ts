import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createFactStore } from '../../../cloud/processes/fact-store.ts'
import { createRegistryStore } from '../../../cloud/processes/registries/registry-store.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { NOTHING_OUTSIDE } from './shop-house.ts'

describe.each(sqlKinds())('registries on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
    const facts = createFactStore(postgres.db, NOTHING_OUTSIDE)
    const machine = (id: string, factory: string, repairReasons: string[], cost: number) =>
      facts.write('machine', id, { serial: id, factory, repairReasons, cost }, 1)
    await machine('Т-1', 'МТЗ', ['Гидравлика', 'Гидравлика', 'Электрика'], 20)
    await machine('Т-2', 'МТЗ', ['Гидравлика'], 100)
    await machine('Т-3', 'Ростсельмаш', ['Двигатель'], 3)
    await facts.write('machine', 'Т-4', { serial: 'Т-4' }, 1)
  }, 60_000)
  afterAll(async () => {
    await database.close()
    if (kind === 'PostgreSQL') await stopSqlServer()
  })
  const list = (more: object = {}) =>
    createRegistryStore(postgres.db).list({
      entity: 'machine',
      parks: 'all',
      q: undefined,
      fields: ['serial', 'factory', 'cost'],
      exact: {},
      sort: 'cost',
      order: 'asc',
      limit: 10,
      after: undefined,
      ...more,
    })
  const ids = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id)

  test('E-02: the most frequent reasons, in all and by factory', async () => {
    const registry = createRegistryStore(postgres.db)
    expect(await registry.top('machine', { field: 'repairReasons', by: undefined, parks: 'all', limit: 2 })).toEqual([
      { value: 'Гидравлика', group: null, count: 3 },
      { value: 'Двигатель', group: null, count: 1 },
    ])
    expect(
      (await registry.top('machine', { field: 'repairReasons', by: 'factory', parks: 'all', limit: 10 }))[0],
    ).toEqual({
      value: 'Гидравлика',
      group: 'МТЗ',
      count: 3,
    })
  })

  test('D-25: numbers sort as numbers, what is missing first; pages follow one another', async () => {
    const all = await list()
    expect(ids(all)).toEqual(['Т-4', 'Т-3', 'Т-1', 'Т-2'])
    const [first, second] = all
    expect(ids(await list({ limit: 2 }))).toEqual([first?.id, second?.id])
    expect(ids(await list({ after: [second?.place, second?.id] }))).toEqual(['Т-1', 'Т-2'])
    expect(ids(await list({ order: 'desc', limit: 1 }))).toEqual(['Т-2'])
  })

  test.each([
    ['a part of a name', { q: 'ростсель' }, ['Т-3']],
    ['the id', { q: 'т-4' }, ['Т-4']],
    ['a sign that SQL would take for any', { q: '%' }, []],
    ['a field that is not open', { q: 'мтз', fields: ['serial'] }, []],
    ['exact values', { exact: { factory: 'МТЗ' } }, ['Т-1', 'Т-2']],
  ])('D-25: found by %s', async (_name, query, expected) => {
    expect(ids(await list(query))).toEqual(expected)
  })
})
