import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { millis, seconds } from '#contract/instant.ts'
import { createJobs, type JobHouse } from '../../../cloud/jobs/app.ts'
import type { Job } from '../../../cloud/jobs/jobs.ts'
import { runTurnLoop } from '../../../cloud/jobs/turn-loop.ts'
import { createTurnStore } from '../../../cloud/jobs/turn-store.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { until } from '../../support/until.ts'

afterAll(stopSqlServer)

describe.each(sqlKinds())('jobs on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  let clock: ManualClock
  let stop: AbortController
  let running: Promise<unknown>[]
  let houses: JobHouse[]
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  })
  afterAll(() => database.close())
  beforeEach(() => {
    clock = createManualClock()
    stop = new AbortController()
    running = []
    houses = []
  })
  afterEach(async () => {
    stop.abort()
    await Promise.all(running)
    for (const house of houses) await house.close()
  })

  /** Another cloud instance on the same database. */
  const instance = (named: { readonly instance?: string; readonly seat?: string } = {}): JobHouse => {
    const world = { clock, log: silentLog, uuid: () => crypto.randomUUID(), randomBytes: () => new Uint8Array() }
    const house = createJobs({
      postgres,
      engine: kind === 'PGlite' ? 'pglite' : 'postgres',
      world,
      instance: world.uuid(),
      ...named,
    })
    houses.push(house)
    return house
  }
  const run = async (...instances: readonly JobHouse[]): Promise<void> => {
    for (const house of instances) await house.open()
    for (const house of instances) running.push(house.run(stop.signal))
  }

  test('what is sent is worked off once, with what was sent', async () => {
    const house = instance()
    const seen: Job[] = []
    house.work('told', async (job) => void seen.push(job))
    await run(house)
    await house.send('told', { words: ['и', 'ё'] })
    await house.send('told', 'a bare text')
    await until('both are worked off', () => seen.length === 2)
    expect(seen.map(({ data }) => data)).toEqual(expect.arrayContaining([{ words: ['и', 'ё'] }, 'a bare text']))
  })

  test('a job belongs to its transaction: it comes with the commit and goes with the roll-back', async () => {
    const house = instance()
    const seen: unknown[] = []
    house.work('bound', async ({ data }) => void seen.push(data))
    await run(house)
    const failing = postgres.inTransaction(async (db) => {
      await house.send('bound', 'rolled back', { db })
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await postgres.inTransaction((db) => house.send('bound', 'committed', { db }))
    await until('one is worked off', () => seen.length > 0)
    expect(seen).toEqual(['committed'])
  })

  test('of jobs with one key, one waits; without a key all do', async () => {
    const house = instance()
    const seen: unknown[] = []
    house.work('keyed', async ({ data }) => void seen.push(data))
    await house.open()
    for (const data of [1, 2]) await house.send('keyed', data, { singletonKey: 'same' })
    for (const data of [3, 4]) await house.send('keyed', data)
    running.push(house.run(stop.signal))
    await until('they are worked off', () => seen.length >= 3)
    expect(seen.toSorted()).toEqual([1, 3, 4])
  })

  test('a job that fails is tried again, and one that fails for good goes to its dead letters', async () => {
    const house = instance()
    const attempts: number[] = []
    const dead: unknown[] = []
    house.work(
      'bad',
      async ({ attempt }) => {
        attempts.push(attempt)
        throw new Error('as ever')
      },
      { retryLimit: 1, deadLetter: 'bad-letters' },
    )
    house.work('bad-letters', async ({ data }) => void dead.push(data))
    await run(house)
    await house.send('bad', 'x')
    await until('it is a dead letter', () => dead.length > 0)
    expect({ attempts, dead }).toEqual({ attempts: [0, 1], dead: ['x'] })
  })

  test('a name that nobody works is refused, also inside a transaction', async () => {
    const house = instance()
    await run(house)
    await expect(postgres.inTransaction((db) => house.send('nobody', 1, { db }))).rejects.toThrow('nobody works jobs')
  })

  test('what recurs runs once for all instances, at its time by the clock', async () => {
    const runs: string[] = []
    const [one, two] = [instance(), instance()]
    one.every('sweep', seconds(60), async () => void runs.push('one'))
    two.every('sweep', seconds(60), async () => void runs.push('two'))
    await run(one, two)
    await until('the first turn', () => runs.length > 0)
    for (const turn of [1, 2, 3]) {
      await until(`turn ${turn}`, async () => {
        expect(runs.length).toBeLessThanOrEqual(turn)
        if (runs.length === turn) return true
        await clock.advance(1000)
        return false
      })
      await clock.advance(40_000)
    }
  })

  test('a loop that only one may run moves on when its instance lets go of it', async () => {
    const at: string[] = []
    const [one, two] = [instance(), instance()]
    const stopOne = new AbortController()
    const loop = (name: string) => (ended: AbortSignal) => {
      at.push(name)
      return new Promise<void>((done) => ended.addEventListener('abort', () => done()))
    }
    one.alone('leader', loop('one'))
    two.alone('leader', loop('two'))
    await one.open()
    await two.open()
    const first = one.run(stopOne.signal)
    await until('one leads', () => at.length === 1)
    running.push(two.run(stop.signal))
    await clock.advance(30_000)
    expect(at).toEqual(['one'])
    stopOne.abort()
    await first
    await until('two leads', async () => {
      await clock.advance(1000)
      return at.length === 2
    })
    expect(at).toEqual(['one', 'two'])
  })

  test('of two instances of one name the second is refused; one that is started again in its own folder, or in place of one that ended, is not', async () => {
    const at = (seat: string) => instance({ instance: 'same', seat })
    const stopOne = new AbortController()
    const one = at('a machine, a folder')
    await one.open()
    const first = one.run(stopOne.signal)
    const opening = async (house: JobHouse): Promise<string> => {
      const opened = house.open().then(
        () => 'open',
        (cause: Error) => cause.message,
      )
      return until('it is answered', async () => {
        await clock.advance(1000)
        return Promise.race([opened, Promise.resolve(undefined)])
      })
    }
    expect(await opening(at('another machine'))).toContain('KORDON_INSTANCE')
    expect(await opening(at('a machine, a folder'))).toBe('open')
    stopOne.abort()
    await first
    expect(await opening(at('another machine'))).toBe('open')
  })

  test('by the time of the database a turn is held and becomes free, whatever the clocks of the instances say', async () => {
    const [one, two] = ['one', 'two'].map((name) => createTurnStore(postgres.db, name, 'database'))
    await one?.declare(['skewed'])
    expect([
      await one?.take('skewed', millis(0), seconds(60)),
      await two?.take('skewed', millis(0), seconds(60)),
    ]).toEqual([true, false])
    expect([await two?.keep('skewed', seconds(60)), await one?.keep('skewed', millis(1))]).toEqual([false, true])
    // It has died, and its lease ends.
    await until('the other has it', () => two?.take('skewed', millis(0), seconds(60)))
    expect(await one?.keep('skewed', seconds(60))).toBe(false)
  })

  test('by a cron expression, in a zone, it is planned once for all instances', async () => {
    const [one, two] = [instance(), instance()]
    for (const house of [one, two]) house.every('morning', { cron: '0 7 * * *', zone: 'Europe/Moscow' }, async () => {})
    await run(one, two)
    const { rows } = await postgres.runText('select name, cron, timezone from pgboss.schedule')
    expect(rows).toEqual([{ name: 'morning', cron: '0 7 * * *', timezone: 'Europe/Moscow' }])
  })
})

test('a turn is let go of before its lease is over when the database does not even fail', async () => {
  const clock = createManualClock()
  const stop = new AbortController()
  let turn: 'on' | 'off' = 'off'
  const run = async (over: AbortSignal): Promise<void> => {
    turn = 'on'
    await new Promise<void>((done) => over.addEventListener('abort', () => done()))
    turn = 'off'
  }
  let taken = 0
  const turns = {
    declare: async () => {},
    take: async () => {
      taken += 1
      return taken === 1
    },
    keep: () => new Promise<boolean>(() => {}),
    giveBack: async () => [],
  }
  const done = runTurnLoop({ turn: { name: 'x', pause: millis(0), run }, turns, clock, log: silentLog }, stop.signal)
  await clock.advance(1000)
  expect(turn).toBe('on')
  for (let second = 0; second < 11; second += 1) await clock.advance(1000)
  expect(turn).toBe('off')
  stop.abort()
  await clock.advance(1000)
  await done
})

describe.runIf(sqlKinds().includes('PostgreSQL'))('two instances with connections of their own', () => {
  test('each of many jobs is worked off by one of them, and a recurring one runs once', async () => {
    const database = await createSqlDatabase('PostgreSQL')
    const first = await migrated(database)
    const clock = createManualClock()
    const stop = new AbortController()
    const seen: unknown[] = []
    const turns: number[] = []
    const houses = [first, database.open()].map((postgres, index) => {
      const world = { clock, log: silentLog, uuid: () => crypto.randomUUID(), randomBytes: () => new Uint8Array() }
      const house = createJobs({ postgres, engine: 'postgres', world, instance: world.uuid() })
      house.work('one-of-many', async ({ data }) => void seen.push(data))
      house.every('tick', seconds(3600), async () => void turns.push(index))
      return house
    })
    await Promise.all(houses.map((house) => house.open()))
    const running = houses.map((house) => house.run(stop.signal))
    const numbers = Array.from({ length: 60 }, (_, index) => index)
    await Promise.all(numbers.map((data) => houses[data % 2]?.send('one-of-many', data)))
    await until('all are worked off', () => seen.length >= numbers.length)
    await clock.advance(60_000)
    stop.abort()
    await Promise.all(running)
    for (const house of houses) await house.close()
    await database.close()
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(numbers)
    expect(turns).toHaveLength(1)
  })
})
