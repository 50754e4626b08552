import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { minutes, seconds } from '#contract/instant.ts'
import { Fault } from '../../../cloud/http/fault.ts'
import { createPeople } from '../../../cloud/people/app.ts'
import { createFailureStore } from '../../../cloud/people/failure-store.ts'
import { createSharedFailures, type Guarded } from '../../../cloud/people/shared-failures.ts'
import { PER_ADDRESS, PER_LOGIN } from '../../../cloud/people/throttle.ts'
import type { Db } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'

const LOGIN: Guarded = { key: 'login owner', policy: PER_LOGIN }
const ADDRESS: Guarded = { key: 'address 10.0.0.1', policy: PER_ADDRESS }

afterAll(stopSqlServer)

describe.each(sqlKinds())('failed tries of several instances on one %s', (kind) => {
  let database: SqlDatabase
  let databases: readonly [Db, Db]
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    const { db } = await migrated(database)
    // The embedded database belongs to one process; two of these share it there.
    databases = [db, kind === 'PGlite' ? db : database.open().db]
  }, 60_000)
  afterAll(() => database.close())
  beforeEach(async () => {
    await databases[0].deleteFrom('failedTries').execute()
  })

  const instance = (db: Db) => {
    const asked = { writes: 0 }
    const store = createFailureStore(db)
    const clock = createManualClock()
    const failures = createSharedFailures({
      store: {
        of: store.of,
        add: async (...words) => {
          asked.writes += 1
          await store.add(...words)
        },
        forget: async (...words) => {
          asked.writes += 1
          await store.forget(...words)
        },
      },
      clock,
      log: silentLog,
      instance: randomUUID(),
    })
    const outcomeOf = async (fits: 'fits' | 'wrong', guarded: readonly [Guarded, ...Guarded[]] = [LOGIN, ADDRESS]) => {
      const guess = await failures.begin(guarded).catch(() => undefined)
      if (guess === undefined) return 'throttled'
      await (fits === 'fits' ? guess.fitted() : guess.failed())
      return fits
    }
    return { outcomeOf, asked, clock }
  }

  test('two allow no more wrong tries than one, and a third that has just started knows of them', async () => {
    const [one, two] = [instance(databases[0]), instance(databases[1])]
    const outcomes: string[] = []
    for (let time = 0; time < 4; time += 1)
      for (const { outcomeOf } of [one, two]) outcomes.push(await outcomeOf('wrong'))
    expect(outcomes).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'wrong', 'throttled', 'throttled', 'throttled'])
    expect(await instance(databases[1]).outcomeOf('fits')).toBe('throttled')
    expect(await one.outcomeOf('fits', [{ ...LOGIN, key: 'login head' }, ADDRESS])).toBe('fits')
  })

  test('the wait runs out by the clock of the database, whatever those of the instances say', async () => {
    const [one, two] = [instance(databases[0]), instance(databases[1])]
    for (let time = 0; time < 5; time += 1) await one.outcomeOf('wrong')
    expect(await two.outcomeOf('wrong')).toBe('throttled')
    two.clock.jumpWall(minutes(120))
    await two.clock.advance(seconds(5))
    expect(await two.outcomeOf('wrong')).toBe('throttled')
    await databases[0]
      .updateTable('failedTries')
      .set(({ eb }) => ({ lastAt: eb('lastAt', '-', 1100) }))
      .execute()
    expect(await two.outcomeOf('fits')).toBe('fits')
  })

  test('a try that fits ends the waiting of its login everywhere, and washes no address', async () => {
    const [one, two] = [instance(databases[0]), instance(databases[1])]
    for (let time = 0; time < 4; time += 1) await one.outcomeOf('wrong')
    expect(await two.outcomeOf('fits')).toBe('fits')
    const left = await createFailureStore(databases[0]).of([LOGIN.key, ADDRESS.key])
    expect(left.get(LOGIN.key)).toEqual([])
    expect(left.get(ADDRESS.key)).toMatchObject([{ count: 4 }])
  })

  test('a password is guessed at two clouds no more often than at one', async () => {
    const [one, two] = databases.map((db) => {
      const clock = createManualClock()
      const world = { clock, log: silentLog, uuid: () => randomUUID(), randomBytes: (n: number) => randomBytes(n) }
      return createPeople({
        db,
        world,
        dataDir: database.dataDir,
        secureCookies: true,
        relyingParty: { id: 'kordon.example', origins: ['https://kordon.example'] },
        witness: async () => {},
        notify: async () => {},
        secondFactorToBlock: async () => 'off',
      })
    })
    const password = 'a long wall of cold stone'
    await one?.service.ensureAccounts([{ login: 'owner', name: 'Owner', role: 'owner', password }])
    const from = { address: '10.0.0.1', program: 'test', session: undefined }
    const codes: string[] = []
    const tried = (trying: Promise<unknown> | undefined) =>
      trying?.then(
        () => codes.push('in'),
        (fault: unknown) => codes.push(fault instanceof Fault ? fault.code : String(fault)),
      )
    for (const people of [one, two, one, two, one]) await tried(people?.service.signIn('owner', 'wrong', from))
    for (const people of [one, two]) await tried(people?.service.signIn('owner', password, from))
    expect(codes).toEqual([...Array(5).fill('session/wrong-credentials'), 'session/throttled', 'session/throttled'])
  })

  test('who makes no mistake costs no write', async () => {
    const { outcomeOf, asked } = instance(databases[0])
    for (let time = 0; time < 3; time += 1) await outcomeOf('fits')
    expect(asked.writes).toBe(0)
  })

  test('a hundred wrong tries that come at once at each are five at each, at most', async () => {
    const instances = [instance(databases[0]), instance(databases[1])]
    const outcomes = await Promise.all(
      instances.flatMap(({ outcomeOf }) => Array.from({ length: 100 }, () => outcomeOf('wrong'))),
    )
    expect(outcomes.filter((outcome) => outcome === 'wrong').length).toBeLessThanOrEqual(10)
    expect(await instance(databases[0]).outcomeOf('fits')).toBe('throttled')
  })

  test('what is an hour old counts no more, and is forgotten', async () => {
    const store = createFailureStore(databases[0])
    const old = async () => {
      const count = await databases[0].selectFrom('failedTries').select('count').where('count', '>', 0).execute()
      return count.map((row) => row.count)
    }
    await store.add(['login owner'], 'one')
    await store.add(['login owner'], 'one')
    expect(await old()).toEqual([2])
    await databases[0]
      .updateTable('failedTries')
      .set(({ eb }) => ({ lastAt: eb('lastAt', '-', minutes(61)) }))
      .execute()
    expect((await store.of(['login owner'])).get('login owner')).toEqual([])
    await store.add(['login owner'], 'one')
    expect(await old()).toEqual([1])
    await databases[0]
      .updateTable('failedTries')
      .set(({ eb }) => ({ lastAt: eb('lastAt', '-', minutes(61)) }))
      .execute()
    await store.forgetOld()
    expect(await old()).toEqual([])
  })
})

test('while the database is silent nothing is tried, and nobody waits longer for it afterwards', async () => {
  let silent = true
  const failures = createSharedFailures({
    store: {
      of: async () => {
        if (silent) throw new Error('the database is silent')
        return new Map()
      },
      add: async () => {
        throw new Error('the database is silent')
      },
      forget: async () => {},
    },
    clock: createManualClock(),
    log: silentLog,
    instance: 'one',
  })
  for (let time = 0; time < 20; time += 1) await expect(failures.begin([LOGIN])).rejects.toThrow('silent')
  silent = false
  // Writing still fails: the limit of this instance holds.
  for (let time = 0; time < 5; time += 1) await (await failures.begin([LOGIN])).failed()
  await expect(failures.begin([LOGIN])).rejects.toThrow('Too many')
})
