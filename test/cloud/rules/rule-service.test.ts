// Long on purpose: one database and one house of rules serve them all, emptied before each; apart, every part would open its own.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { later, minutes } from '#contract/instant.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import type { ReadHandler } from '../../../cloud/rules/ports.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import {
  addLease,
  clearRules,
  createRuleHouse,
  never,
  openShift,
  promise,
  type RuleHouse,
  setBalance,
  standingHolds,
} from '../../support/rule-house.ts'
import { createSqlDatabase, migrated, type SqlDatabase, sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'

const MINUTE = 60_000
const NOON = Date.parse('2026-11-24T09:00:00Z')
const OWNER = { id: 'o', name: 'owner', role: 'owner' }
afterAll(stopSqlServer)

describe('rules', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: RuleHouse
  beforeAll(async () => {
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
  })
  afterAll(() => database.close())
  beforeEach(async () => {
    await clearRules(postgres)
    house = await createRuleHouse(postgres, { only: /^balance_/ })
  })
  const answer =
    (value: boolean | (() => boolean | undefined)): ReadHandler =>
    async (asks) =>
      asks.map(() => ({ value: typeof value === 'boolean' ? value : value() }))
  const sweep = async (minutesLater = 0) => {
    await house.clock.advance(minutesLater * MINUTE)
    house.rules.lookAgain()
    await house.turn()
  }
  const actions = () => house.sent.map(({ action }) => action)

  test('4 999.99 ₽ is held with its message first and a call; 5 000.00 ₽ is not', async () => {
    const [poor, even] = [await addLease(postgres), await addLease(postgres)]
    await setBalance(postgres, poor.driver, 499_999, house.clock.now())
    await setBalance(postgres, even.driver, 500_000, house.clock.now())
    await sweep()
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([`balance ${poor.driver}`])
    expect(await standingHolds(postgres, even.vehicleId)).toEqual([])
    expect(actions()).toEqual(['balance_blocked', 'call_debtor'])
  })

  test('a sweep over a vehicle that stays in debt sends one message', async () => {
    const poor = await addLease(postgres)
    for (let round = 0; round < 5; round += 1) {
      await setBalance(postgres, poor.driver, 100 + round, house.clock.now())
      await sweep(20)
    }
    expect(actions()).toEqual(['balance_blocked', 'call_debtor'])
  })

  test('a source that fails for hours holds nobody new and frees nobody', async () => {
    const [poor, rich] = [await addLease(postgres), await addLease(postgres)]
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    await setBalance(postgres, rich.driver, 900_000, house.clock.now())
    await sweep()
    await sweep(41)
    await setBalance(postgres, rich.driver, 0, later(house.clock.now(), -minutes(41)))
    await sweep(60)
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([`balance ${poor.driver}`])
    expect(await standingHolds(postgres, rich.vehicleId)).toEqual([])
    const counts = await house.db
      .selectFrom('ruleOutcomes')
      .select('verdict')
      .where('ruleId', '=', 'balance_low')
      .execute()
    expect(counts).toEqual([{ verdict: 'unknown' }, { verdict: 'unknown' }])
    expect(actions()).toEqual(['balance_blocked', 'call_debtor'])
  })

  test('a balance of exactly 40 minutes counts, one a millisecond older does not', async () => {
    const [fresh, old] = [await addLease(postgres), await addLease(postgres)]
    await setBalance(postgres, fresh.driver, 0, later(house.clock.now(), -minutes(40)))
    await setBalance(postgres, old.driver, 0, later(house.clock.now(), -minutes(40) - 1))
    await sweep()
    expect(await standingHolds(postgres, fresh.vehicleId)).toHaveLength(1)
    expect(await standingHolds(postgres, old.vehicleId)).toEqual([])
  })

  test('a top-up frees at once by its event, and only what it held itself', async () => {
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    await sweep()
    await house.db
      .insertInto('holds')
      .values({
        id: '11111111-1111-4111-8111-111111111111',
        vehicleId: poor.vehicleId,
        reason: 'zone',
        key: '',
        note: '',
        placedByKind: 'rule',
        placedById: 'zone_exit',
        placedByName: 'z',
        placedAt: house.clock.now(),
        orderId: null,
      } as never)
      .execute()
    await setBalance(postgres, poor.driver, 900_000, house.clock.now())
    await house.rules.onLeasing({
      name: 'balance.changed',
      driverId: poor.driver,
      kopecks: 900_000,
      asOf: house.clock.now(),
      wasKopecks: 0,
    })
    await house.work()
    await house.rules.carryOut(never)
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual(['zone'])
    expect(actions()).toContain('balance_unblocked')
  })

  test('two drivers: the debt of the one who does not drive holds nothing, an unknown shift is a person’s matter', async () => {
    const shared = await addLease(postgres, 2)
    const [debtor, other] = shared.drivers
    if (debtor === undefined || other === undefined) throw new Error('two drivers')
    await setBalance(postgres, debtor, 0, house.clock.now())
    await setBalance(postgres, other, 900_000, house.clock.now())
    await sweep()
    expect(await standingHolds(postgres, shared.vehicleId)).toEqual([])
    expect(actions()).toEqual(['call_debtor'])
    await openShift(postgres, shared, other, house.clock.now())
    await sweep()
    expect(await standingHolds(postgres, shared.vehicleId)).toEqual([])
    await house.db.updateTable('shifts').set({ closedAt: house.clock.now(), closedBy: 'x' }).execute()
    await openShift(postgres, shared, debtor, later(house.clock.now(), 1))
    await sweep()
    expect(await standingHolds(postgres, shared.vehicleId)).toEqual([`balance ${debtor}`])
  })

  test('the next driver opens his shift: the debtor’s hold goes, and comes back with the debtor', async () => {
    const shared = await addLease(postgres, 2)
    const [debtor, other] = shared.drivers
    if (debtor === undefined || other === undefined) throw new Error('two drivers')
    await setBalance(postgres, debtor, 0, house.clock.now())
    await openShift(postgres, shared, debtor, house.clock.now())
    await sweep()
    expect(await standingHolds(postgres, shared.vehicleId)).toHaveLength(1)
    const turn = async (who: typeof other) => {
      await house.clock.advance(MINUTE)
      await house.db
        .updateTable('shifts')
        .set({ closedAt: house.clock.now(), closedBy: 'x' })
        .where('closedAt', 'is', null)
        .execute()
      await openShift(postgres, shared, who, house.clock.now())
      await house.rules.onLeasing({
        name: 'shift.opened',
        vehicleId: shared.vehicleId,
        leaseId: shared.leaseId,
        driverId: who,
        at: house.clock.now(),
      })
      await house.work()
      await house.rules.carryOut(never)
    }
    await turn(other)
    expect(await standingHolds(postgres, shared.vehicleId)).toEqual([])
    await turn(debtor)
    expect(await standingHolds(postgres, shared.vehicleId)).toEqual([`balance ${debtor}`])
  })

  test('a promise lifts the hold, and its end places it again', async () => {
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    await sweep()
    await promise(postgres, poor.driver, later(house.clock.now(), minutes(30)))
    await sweep(5)
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    await setBalance(postgres, poor.driver, 0, later(house.clock.now(), minutes(26)))
    await sweep(26)
    expect(await standingHolds(postgres, poor.vehicleId)).toHaveLength(1)
  })

  test('what a person has lifted is not placed again until the condition has been false in between', async () => {
    const poor = await addLease(postgres)
    const balance = (kopecks: number) => setBalance(postgres, poor.driver, kopecks, house.clock.now())
    await balance(0)
    await sweep()
    const person = {
      liftedAt: house.clock.now(),
      liftedByKind: 'user',
      liftedById: 'p',
      liftedByName: 'head',
      liftNote: '',
    } as const
    await house.db.updateTable('holds').set(person).execute()
    await balance(0)
    await sweep(20)
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    await house.clock.advance(MINUTE)
    await balance(900_000)
    await sweep()
    await house.clock.advance(MINUTE)
    await balance(0)
    await sweep()
    expect(await standingHolds(postgres, poor.vehicleId)).toHaveLength(1)
  })

  test('no hold comes before its message, and none when the debt is gone by then', async () => {
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    house.state.sendFails = true
    await sweep()
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    await setBalance(postgres, poor.driver, 900_000, house.clock.now())
    house.state.sendFails = false
    await sweep(10)
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    const effects = await house.db.selectFrom('ruleEffects').select(['action', 'state']).orderBy('line').execute()
    expect(effects).toContainEqual({ action: 'hold', state: 'dropped' })
  })

  test('a car that cannot be blocked yet is held once it can, while the debt lasts; the master switch likewise', async () => {
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    house.state.refuse = true
    await sweep()
    house.state.refuse = false
    house.state.automatic = 'stopped'
    await sweep(2)
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    house.state.automatic = 'running'
    await sweep(2)
    expect(await standingHolds(postgres, poor.vehicleId)).toHaveLength(1)
    expect(actions()).toEqual(['balance_blocked', 'call_debtor'])
  })

  test('a decision keeps its version, every value with its age, and what came of it', async () => {
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 1, later(house.clock.now(), -minutes(8)))
    await sweep()
    const decision = await house.db
      .selectFrom('ruleDecisions')
      .selectAll()
      .where('ruleId', '=', 'balance_low')
      .executeTakeFirstOrThrow()
    expect(decision).toMatchObject({
      version: 1,
      mode: 'acting',
      outcome: 'satisfied',
      vehicleId: poor.vehicleId,
      driverId: poor.driver,
    })
    expect(decision.inputs).toContainEqual({ path: 'balance.kopecks', value: 1, asOf: house.clock.now() - 8 * MINUTE })
    expect(decision.inputs).toContainEqual({ path: 'policy.minBalance', value: 500_000, asOf: null })
    const effects = await house.db
      .selectFrom('ruleEffects')
      .select(['action', 'state'])
      .where('decisionId', '=', decision.id)
      .orderBy('line')
      .execute()
    expect(effects).toEqual([
      { action: 'send', state: 'done' },
      { action: 'hold', state: 'done' },
      { action: 'task', state: 'done' },
    ])
  })

  describe('the third postponement', () => {
    test('sends its message and holds, by the change of the field itself', async () => {
      house = await createRuleHouse(postgres, { only: /^inspection_/ })
      const lease = await addLease(postgres)
      let postponed = 2
      house.rules.ports.facts('vehicle', async (ids) => new Map(ids.map((id) => [id, { facts: { postponed } }])))
      await sweep()
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual([])
      postponed = 3
      await house.rules.factChanged({
        kind: 'vehicle',
        id: lease.vehicleId,
        field: 'postponed',
        value: 3,
        about: { vehicleId: lease.vehicleId },
      })
      await house.work()
      await house.rules.carryOut(never)
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual(['inspection'])
      expect(actions()).toEqual(['no_work_without_inspection'])
    })
  })

  describe('the zone', () => {
    let inside: boolean | undefined
    beforeEach(async () => {
      inside = true
      house = await createRuleHouse(postgres, { only: /^(zone|balance)_(exit|low|back)$/ })
      house.rules.ports.read('zone_state', async (asks) =>
        asks.map(() => ({ value: inside === undefined ? undefined : { inside } })),
      )
      house.rules.ports.read('area_outage', answer(false))
    })
    test('holds outside, not while unknown, and lifts only itself on the way back', async () => {
      house.rules.ports.permit('leave_zone', async () => new Set())
      const lease = await addLease(postgres)
      await setBalance(postgres, lease.driver, 0, house.clock.now())
      inside = undefined
      await sweep()
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual([`balance ${lease.driver}`])
      inside = false
      await sweep(5)
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual([`balance ${lease.driver}`, 'zone'])
      await setBalance(postgres, lease.driver, 900_000, house.clock.now())
      await sweep(5)
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual(['zone'])
      inside = true
      await sweep(5)
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual([])
    })
    test('without knowing of a permit, holds nobody; with one, neither', async () => {
      const lease = await addLease(postgres)
      inside = false
      await sweep()
      house.rules.ports.permit('leave_zone', async (ids) => new Set(ids))
      await sweep(5)
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual([])
    })
  })

  describe('the fair ladder', () => {
    let aboard: boolean | undefined
    let warnedAt: number | undefined
    const ready = async (hour: number) => {
      house = await createRuleHouse(postgres, {
        only: /^(ladder|balance)_/,
        clock: createManualClock(NOON + (hour - 12) * 60 * MINUTE),
      })
      aboard = false
      warnedAt = house.clock.now() - 5 * 60 * MINUTE
      await house.policies.service.takePreset('fair', 'по договору', OWNER)
      house.rules.ports.read('area_outage', answer(false))
      house.rules.ports.facts('vehicle', async (ids) => new Map(ids.map((id) => [id, { facts: { aboard } }])))
      house.rules.ports.facts(
        'driver',
        async (ids) => new Map(ids.map((id) => [id, { facts: { balanceWarnedAt: warnedAt, ordersStoppable: true } }])),
      )
      return addLease(postgres)
    }
    test.each([
      [690_000, ['balance_warning'], 0],
      [540_000, ['balance_promise', 'balance_warning'], 0],
      [499_999, ['balance_blocked', 'balance_promise', 'balance_warning', 'call', 'call_debtor'], 1],
      [700_000, [], 0],
    ] as const)('at %d kopecks: %j', async (kopecks, expected, holds) => {
      const lease = await ready(12)
      await setBalance(postgres, lease.driver, kopecks, house.clock.now())
      await sweep()
      expect(
        actions()
          .filter((action, index, all) => all.indexOf(action) === index)
          .sort(),
      ).toEqual([...expected].sort().map((one) => one))
      expect(await standingHolds(postgres, lease.vehicleId)).toHaveLength(holds)
    })
    test.each([
      [
        'with a passenger aboard',
        12,
        () => {
          aboard = true
        },
      ],
      [
        'while it is not known whether there is one',
        12,
        () => {
          aboard = undefined
        },
      ],
      [
        'where no warning was delivered',
        12,
        () => {
          warnedAt = undefined
        },
      ],
      [
        'sooner than four hours after the warning',
        12,
        () => {
          warnedAt = house.clock.now() - 3 * 60 * MINUTE
        },
      ],
      ['in quiet hours', 3, () => {}],
    ] as const)('never holds %s', async (_, hour, arrange) => {
      const lease = await ready(hour)
      arrange()
      await setBalance(postgres, lease.driver, 0, house.clock.now())
      await sweep()
      expect(await standingHolds(postgres, lease.vehicleId)).toEqual([])
    })
  })

  test('by night, with a passenger, without a network: a bad moment takes back nothing that a person has decided', async () => {
    house = await createRuleHouse(postgres, { only: /^ladder_hold$/, clock: createManualClock(NOON) })
    let [aboard, outage] = [false, false]
    await house.policies.service.takePreset('fair', 'по договору', OWNER)
    house.rules.ports.read(
      'area_outage',
      answer(() => outage),
    )
    house.rules.ports.facts('vehicle', async (ids) => new Map(ids.map((id) => [id, { facts: { aboard } }])))
    house.rules.ports.facts(
      'driver',
      async (ids) => new Map(ids.map((id) => [id, { facts: { balanceWarnedAt: NOON - 5 * 60 * MINUTE } }])),
    )
    const poor = await addLease(postgres)
    const holdsAfter = async (minutesLater: number) => {
      await house.clock.advance(minutesLater * MINUTE)
      await setBalance(postgres, poor.driver, 0, house.clock.now())
      await sweep()
      return standingHolds(postgres, poor.vehicleId)
    }
    expect(await holdsAfter(0)).toHaveLength(1)
    const person = { liftedByKind: 'user', liftedById: 'p', liftedByName: 'head', liftNote: '' } as const
    await house.db
      .updateTable('holds')
      .set({ liftedAt: house.clock.now(), ...person })
      .execute()
    aboard = true
    expect(await holdsAfter(5)).toEqual([])
    aboard = false
    expect(await holdsAfter(5)).toEqual([])
    outage = true
    expect(await holdsAfter(5)).toEqual([])
    outage = false
    expect(await holdsAfter(5)).toEqual([])
    expect(await holdsAfter(14 * 60)).toEqual([])
    expect(await holdsAfter(8 * 60)).toEqual([])
    expect(actions()).toEqual(['balance_blocked', 'call_debtor'])
  })

  test('what could not be held at once is not held by facts that have grown old meanwhile, nor by a rule that was stopped', async () => {
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    house.state.automatic = 'stopped'
    await sweep()
    // Nobody looks at the rule meanwhile: only the hold that waits is tried again.
    await house.db
      .updateTable('rules')
      .set({ nextSweepAt: later(house.clock.now(), minutes(600)) })
      .execute()
    await house.clock.advance(41 * MINUTE)
    house.state.automatic = 'running'
    await house.rules.carryOut(never)
    expect(await standingHolds(postgres, poor.vehicleId)).toEqual([])
    const paused = async (is: boolean) => {
      await house.db.updateTable('rules').set({ paused: is }).where('id', '=', 'balance_low').execute()
      await setBalance(postgres, poor.driver, 0, house.clock.now())
      await house.clock.advance(2 * MINUTE)
      await house.rules.carryOut(never)
      return standingHolds(postgres, poor.vehicleId)
    }
    expect(await paused(true)).toEqual([])
    expect(await paused(false)).toHaveLength(1)
  })
})

describe.each(sqlKinds())('two instances on %s', (kind) => {
  let database: SqlDatabase
  let postgres: Postgres
  beforeAll(async () => {
    database = await createSqlDatabase(kind)
    postgres = await migrated(database)
  })
  afterAll(() => database.close())

  test('the same event twice decides once, on two instances too', async () => {
    const house = await createRuleHouse(postgres, { only: /^balance_low$/ })
    const other = await createRuleHouse(postgres, { clock: house.clock, only: /^balance_low$/ })
    const poor = await addLease(postgres)
    await setBalance(postgres, poor.driver, 0, house.clock.now())
    const event = {
      id: 'e1',
      name: 'balance.changed',
      at: house.clock.now(),
      payload: { kopecks: 0 },
      about: { driverId: poor.driver },
    }
    await Promise.all([house, other, house].map(({ rules }) => rules.service.take(event)))
    await Promise.all([house, other].map(({ rules }) => rules.carryOut(never)))
    await house.rules.service.take(event)
    const decisions = await house.db
      .selectFrom('ruleDecisions')
      .select('ruleId')
      .where('ruleId', '=', 'balance_low')
      .execute()
    expect(decisions).toHaveLength(1)
    expect([...house.sent, ...other.sent].map(({ action }) => action).sort()).toEqual([
      'balance_blocked',
      'call_debtor',
    ])
  })
})
