import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { later, minutes } from '#contract/instant.ts'
import type { Facts } from '../../../cloud/expressions/fact-type.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import {
  addLease,
  clearRules,
  createRuleHouse,
  openShift,
  promise,
  type RuleHouse,
  setBalance,
  standingHolds,
} from '../../support/rule-house.ts'
import { createSqlDatabase, migrated, type SqlDatabase, stopSqlServer } from '../../support/sql-databases.ts'

const MINUTE = 60_000
const NOON = Date.parse('2026-11-24T09:00:00Z')
const OWNER = { id: 'o', name: 'owner', role: 'owner' }
afterAll(stopSqlServer)

// Every shipped rule that holds or lifts at once, over facts drawn at random, against a model of what each may do.
describe('all shipped rules that hold or lift, together', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: RuleHouse
  beforeAll(async () => {
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
  })
  afterAll(() => database.close())
  const sweep = async () => {
    house.rules.lookAgain()
    await house.turn()
  }
  const HOUR = 60 * MINUTE
  const DAY = 24 * HOUR
  type Known = {
    ladder: 'immediate' | 'fair'
    balance: ({ kopecks: number; asOf: number } | undefined)[]
    promisedUntil: (number | undefined)[]
    driving: 0 | 1 | undefined
    inside: boolean | undefined
    outage: boolean | undefined
    permit: boolean
    aboard: boolean | undefined
    warnedAt: number | undefined
    postponed: number | undefined
    odometerKm: number | undefined
    dueOn: number | undefined
  }
  /** Everything is known, and everything is bad. */
  const bad = (now: number): Known => ({
    ladder: 'immediate',
    balance: [{ kopecks: 0, asOf: now }, undefined],
    promisedUntil: [undefined, undefined],
    driving: 0,
    inside: false,
    outage: false,
    permit: false,
    aboard: false,
    warnedAt: now - 5 * HOUR,
    postponed: 3,
    odometerKm: 10_501,
    dueOn: now - 10 * DAY,
  })
  const DUE_KM = 10_000
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('balance' as const),
      of: fc.constantFrom(0, 1),
      kopecks: fc.constantFrom(0, 499_999, 500_000, 900_000),
      ageMin: fc.constantFrom(0, 39, 41, 500),
    }),
    fc.record({ kind: fc.constant('promise' as const), of: fc.constantFrom(0, 1) }),
    fc.record({ kind: fc.constant('driving' as const), who: fc.constantFrom(0, 1, undefined) }),
    fc.record({ kind: fc.constant('wait' as const), minutes: fc.constantFrom(1, 20, 45, 600) }),
    fc.record({
      kind: fc.constant('ladder' as const),
      ladder: fc.constantFrom('immediate' as const, 'fair' as const),
    }),
    fc.record({
      kind: fc.constant('facts' as const),
      facts: fc.record(
        {
          inside: fc.constantFrom(true, false, undefined),
          outage: fc.constantFrom(true, false, undefined),
          permit: fc.boolean(),
          aboard: fc.constantFrom(true, false, undefined),
          warnedAt: fc.constantFrom(undefined, NOON - 5 * HOUR, NOON + 2 * HOUR),
          postponed: fc.constantFrom(0, 2, 3, undefined),
          odometerKm: fc.constantFrom(10_500, 10_501, undefined),
          dueOn: fc.constantFrom(NOON + 30 * DAY, NOON - 10 * DAY, undefined),
        },
        { requiredKeys: [] },
      ),
    }),
  )

  test('no stale or unknown input ever adds a hold, and no hold is lifted by the end of another', async () => {
    house = await createRuleHouse(postgres, {
      only: /^(balance|zone|inspection)_(?!done|low_shared)|^ladder_hold$/,
      clock: createManualClock(NOON),
    })
    let known = bad(NOON)
    let both: Awaited<ReturnType<typeof addLease>>
    const { ports } = house.rules
    ports.read('zone_state', async (asks) =>
      asks.map(() => ({ value: known.inside === undefined ? undefined : { inside: known.inside } })),
    )
    ports.read('area_outage', async (asks) => asks.map(() => ({ value: known.outage })))
    ports.permit('leave_zone', async (ids) => new Set(known.permit ? ids : []))
    const given = (facts: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as Facts
    ports.facts('vehicle', async (ids) => {
      const { aboard, postponed, odometerKm, dueOn } = known
      const upkeep = { postponed, odometerKm, inspectionDueKm: DUE_KM, inspectionDueOn: dueOn }
      return new Map(ids.map((id) => [id, { facts: given({ aboard, ...upkeep }) }]))
    })
    ports.facts(
      'driver',
      async (ids) => new Map(ids.map((id) => [id, { facts: given({ balanceWarnedAt: known.warnedAt }) }])),
    )
    const isNight = (now: number) => Math.floor((now + 3 * HOUR) / HOUR) % 24 < 6
    const fresh = (of: number, now: number) => {
      const found = known.balance[of]
      return found !== undefined && now - found.asOf <= 40 * MINUTE ? found.kopecks : undefined
    }
    const promised = (of: number, now: number) => (known.promisedUntil[of] ?? 0) > now
    const midnight = (now: number) => Math.floor((now + 3 * HOUR) / DAY) * DAY - 3 * HOUR
    const mayAdd = (hold: string, now: number): boolean => {
      if (hold === 'zone') return known.inside === false && known.outage === false && !known.permit
      if (hold === 'inspection') {
        const byKm = known.odometerKm !== undefined && known.odometerKm > DUE_KM + 500
        const byDay = known.dueOn !== undefined && midnight(now) > known.dueOn + 3 * DAY
        return byKm || byDay || (known.postponed ?? 0) > 2
      }
      const of = both.drivers.findIndex((driver) => hold === `balance ${driver}`)
      const isDebt = of === known.driving && (fresh(of, now) ?? 500_000) < 500_000 && !promised(of, now)
      const isFair =
        known.aboard === false &&
        known.outage === false &&
        known.warnedAt !== undefined &&
        now - known.warnedAt >= 4 * HOUR &&
        !isNight(now)
      return isDebt && (known.ladder === 'immediate' || isFair)
    }
    const mayLift = (hold: string, now: number): boolean => {
      if (hold === 'zone') return known.inside === true || known.permit
      if (hold === 'inspection')
        return (
          known.postponed !== undefined &&
          known.postponed <= 2 &&
          known.dueOn !== undefined &&
          midnight(now) <= known.dueOn + 3 * DAY &&
          known.odometerKm !== undefined &&
          known.odometerKm <= DUE_KM + 500
        )
      const of = both.drivers.findIndex((driver) => hold === `balance ${driver}`)
      const isOtherShift = known.driving !== undefined && known.driving !== of
      return isOtherShift || promised(of, now) || (fresh(of, now) ?? 0) >= 500_000
    }
    const drives = async (who: Known['driving']) => {
      const closed = { closedAt: house.clock.now(), closedBy: 'x' }
      await house.db.updateTable('shifts').set(closed).where('closedAt', 'is', null).execute()
      const driver = who === undefined ? undefined : both.drivers[who]
      if (driver !== undefined) await openShift(postgres, both, driver, house.clock.now())
    }
    const apply = async (one: typeof step extends fc.Arbitrary<infer Step> ? Step : never) => {
      const now = house.clock.now()
      const driver = 'of' in one ? both.drivers[one.of] : undefined
      switch (one.kind) {
        case 'wait':
          return void (await house.clock.advance(one.minutes * MINUTE))
        case 'balance': {
          const asOf = later(now, -one.ageMin * MINUTE)
          known.balance[one.of] = { kopecks: one.kopecks, asOf }
          return void (driver && (await setBalance(postgres, driver, one.kopecks, asOf)))
        }
        case 'promise':
          // A driver has one open promise; nobody closes it here.
          if (known.promisedUntil[one.of] !== undefined) return
          known.promisedUntil[one.of] = now + 30 * MINUTE
          return void (driver && (await promise(postgres, driver, later(now, minutes(30)))))
        case 'driving':
          known.driving = one.who
          return drives(one.who)
        case 'ladder':
          known.ladder = one.ladder
          return void (await house.policies.service.takePreset(one.ladder, 'проба', OWNER))
        case 'facts':
          return void Object.assign(known, one.facts)
        default:
          return one satisfies never
      }
    }
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 9 }), async (steps) => {
        await clearRules(postgres)
        house.rules.lookAgain()
        await house.clock.advance(NOON + DAY * Math.ceil((house.clock.now() - NOON) / DAY) - house.clock.now())
        known = bad(house.clock.now())
        both = await addLease(postgres, 2)
        const [first = both.driver] = both.drivers
        await setBalance(postgres, first, 0, house.clock.now())
        await drives(0)
        await sweep()
        expect((await standingHolds(postgres, both.vehicleId)).toSorted()).toEqual([
          `balance ${first}`,
          'inspection',
          'zone',
        ])
        for (const one of steps) {
          await house.clock.advance(1000)
          await apply(one)
          const before = await standingHolds(postgres, both.vehicleId)
          await sweep()
          const after = await standingHolds(postgres, both.vehicleId)
          const now = house.clock.now()
          for (const hold of after) if (!before.includes(hold)) expect(mayAdd(hold, now), `${hold} is added`).toBe(true)
          for (const hold of before)
            if (!after.includes(hold)) expect(mayLift(hold, now), `${hold} is lifted`).toBe(true)
        }
      }),
      { numRuns: 8 },
    )
  }, 180_000)
})
