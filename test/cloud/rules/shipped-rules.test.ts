import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { later, minutes } from '#contract/instant.ts'
import type { Fact } from '../../../cloud/expressions/fact-type.ts'
import type { Postgres } from '../../../cloud/postgres/postgres-client.ts'
import { readShippedRules } from '../../../cloud/rules/rule-store.ts'
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

const NOON = Date.parse('2026-11-24T09:00:00Z')
const DAY = 86_400_000
const TODAY = Date.parse('2026-11-23T21:00:00Z')
type Facts = Readonly<Record<string, Fact>>

/** What is told about the one lease of a case; what is not named is not known. */
type Told = {
  readonly ladder?: 'immediate' | 'fair'
  readonly kopecks?: number
  readonly vehicle?: Facts
  readonly driver?: Facts
  readonly inside?: boolean
  readonly outage?: boolean
  readonly permits?: readonly string[]
  readonly promised?: boolean
  readonly held?: readonly string[]
  readonly drivers?: 1 | 2
  /** Which of two drivers has his shift open. */
  readonly shift?: 0 | 1
  readonly event?: string
  /** What has become of the lease; on the line when left out. */
  readonly lease?: 'returning' | 'closed'
  /** The debtor is no longer on it. */
  readonly left?: true
}
type Case = {
  readonly told: Told
  /** What the rule does, in this order: names of messages and tasks, kinds of other actions. */
  readonly does: readonly string[]
  readonly holds?: readonly string[]
  /** What makes it do the same. */
  readonly also?: Readonly<Record<string, Told>>
  /** Cases in which it does nothing. */
  readonly not: Readonly<Record<string, Told>>
}

const POOR = { kopecks: 499_999 }
const RICH = { kopecks: 900_000 }
const FAIR = { ladder: 'fair' } as const
const WARNED = { balanceWarnedAt: NOON - 5 * 3_600_000 }
const ON_TIME = {
  postponed: 0,
  odometerKm: 10_000,
  inspectionDueKm: 20_000,
  inspectionDueOn: TODAY + 30 * DAY,
  inspectionDoneOn: TODAY - 100 * DAY,
}
const papers = (dk: number, osago = 300, osgop = 300): Facts => ({
  dkUntil: TODAY + dk * DAY,
  osagoUntil: TODAY + osago * DAY,
  osgopUntil: TODAY + osgop * DAY,
})
const rung = (days: number, next: number): Case => ({
  told: { vehicle: papers(300, days) },
  does: ['papers_ending', 'renew_papers'],
  also: {
    'although one has lapsed long ago and one was never entered': {
      vehicle: { dkUntil: TODAY - 100 * DAY, osgopUntil: TODAY + days * DAY },
    },
  },
  not: {
    'what the next rung says': { vehicle: papers(next, 300, next) },
    'a day earlier': { vehicle: papers(days + 1, days + 1, days + 1) },
    'papers that nobody has entered': {},
    'a car that is written off': { vehicle: { ...papers(days), status: 'written_off' } },
  },
})

/** Every rule that comes with the house: what makes it act, what it does, and what must not make it act. */
const CASES: Readonly<Record<string, Case>> = {
  balance_low: {
    told: POOR,
    does: ['balance_blocked', 'call_debtor'],
    holds: ['balance'],
    not: { 'the threshold itself': { kopecks: 500_000 }, 'a promise': { ...POOR, promised: true }, unknown: {} },
  },
  balance_low_shared: {
    told: { ...POOR, drivers: 2 },
    does: ['call_debtor'],
    not: { 'a known shift': { ...POOR, drivers: 2, shift: 1 }, unknown: { drivers: 2 } },
  },
  balance_back: {
    told: { ...RICH, held: ['balance'] },
    does: ['balance_unblocked'],
    also: { 'on the way back to the park': { ...RICH, held: ['balance'], lease: 'returning' } },
    not: { 'still in debt': { ...POOR, held: ['balance'] }, 'an unknown balance': { held: ['balance'] } },
  },
  balance_other_shift: {
    told: { ...POOR, drivers: 2, shift: 1, held: ['balance'] },
    does: [],
    also: {
      'he is no longer on the lease': { ...POOR, drivers: 2, left: true, held: ['balance'] },
      'his lease is over': { ...POOR, held: ['balance'], lease: 'closed' },
    },
    not: {
      'he brings the car back': { ...POOR, held: ['balance'], lease: 'returning' },
      'his own shift': { ...POOR, drivers: 2, shift: 0, held: ['balance'] },
      'an unknown shift': { ...POOR, drivers: 2, held: ['balance'] },
    },
  },
  promise_expired: {
    told: { ...POOR, driver: { promiseBrokenAt: NOON - 60_000 }, event: 'promise.changed' },
    does: ['call_debtor'],
    not: {
      'no broken promise': { ...POOR, event: 'promise.changed' },
      'paid after all': { ...RICH, driver: { promiseBrokenAt: NOON - 60_000 }, event: 'promise.changed' },
      'a new promise': { ...POOR, driver: { promiseBrokenAt: NOON - 60_000 }, promised: true },
      'one of a month ago': { ...POOR, driver: { promiseBrokenAt: NOON - 30 * DAY } },
    },
  },
  ladder_warn: {
    told: { ...FAIR, kopecks: 699_999 },
    does: ['balance_warning'],
    not: { 'enough money': { ...FAIR, kopecks: 700_000 }, unknown: FAIR, 'the other policy': { kopecks: 699_999 } },
  },
  ladder_promise: {
    told: { ...FAIR, kopecks: 549_999 },
    does: ['balance_promise'],
    not: { 'enough money': { ...FAIR, kopecks: 550_000 }, unknown: FAIR, 'the other policy': { kopecks: 1 } },
  },
  ladder_orders: {
    told: { ...FAIR, ...POOR, driver: { ...WARNED, ordersStoppable: true } },
    does: ['call'],
    not: {
      'an aggregator that does not allow it': { ...FAIR, ...POOR, driver: { ...WARNED, ordersStoppable: false } },
      'no aggregator known': { ...FAIR, ...POOR, driver: WARNED },
      'no warning delivered': { ...FAIR, ...POOR, driver: { ordersStoppable: true } },
      'a promise': { ...FAIR, ...POOR, driver: { ...WARNED, ordersStoppable: true }, promised: true },
    },
  },
  ladder_orders_told: {
    told: { ...FAIR, ...POOR, permits: ['orders_stopped'] },
    does: ['orders_stopped'],
    not: {
      'orders that run': { ...FAIR, ...POOR },
      'paid meanwhile': { ...FAIR, ...RICH, permits: ['orders_stopped'] },
      'an unknown balance': { ...FAIR, permits: ['orders_stopped'] },
    },
  },
  ladder_orders_back: {
    told: { ...FAIR, ...RICH, permits: ['orders_stopped'] },
    does: ['call'],
    also: { 'on the way back': { ...FAIR, ...RICH, permits: ['orders_stopped'], lease: 'returning' } },
    not: {
      'still in debt': { ...FAIR, ...POOR, permits: ['orders_stopped'] },
      'orders that run': { ...FAIR, ...RICH },
      'an unknown balance': { ...FAIR, permits: ['orders_stopped'] },
    },
  },
  ladder_hold: {
    told: { ...FAIR, ...POOR, vehicle: { aboard: false }, driver: WARNED, outage: false },
    does: ['balance_blocked', 'call_debtor'],
    holds: ['balance'],
    not: {
      'a passenger aboard': { ...FAIR, ...POOR, vehicle: { aboard: true }, driver: WARNED, outage: false },
      'nobody knows of a passenger': { ...FAIR, ...POOR, driver: WARNED, outage: false },
      'no warning delivered': { ...FAIR, ...POOR, vehicle: { aboard: false }, outage: false },
      'an area without network': { ...FAIR, ...POOR, vehicle: { aboard: false }, driver: WARNED, outage: true },
      'nobody knows of the network': { ...FAIR, ...POOR, vehicle: { aboard: false }, driver: WARNED },
    },
  },
  ladder_call: {
    told: { ...FAIR, ...POOR, permits: ['warning_undelivered'] },
    does: ['call_debtor'],
    not: {
      'a warning that arrived': { ...FAIR, ...POOR },
      'paid meanwhile': { ...FAIR, ...RICH, permits: ['warning_undelivered'] },
      'an unknown balance': { ...FAIR, permits: ['warning_undelivered'] },
    },
  },
  inspection_postponed: {
    told: { vehicle: { postponed: 3 } },
    does: ['no_work_without_inspection'],
    holds: ['inspection'],
    not: { 'the second postponement': { vehicle: { postponed: 2 } }, unknown: {} },
  },
  inspection_critical: {
    told: { vehicle: { odometerKm: 20_501, inspectionDueKm: 20_000 } },
    does: ['no_work_without_inspection'],
    holds: ['inspection'],
    not: {
      'within the grace of km': { vehicle: { ...ON_TIME, odometerKm: 20_500 } },
      'within the grace of days': { vehicle: { ...ON_TIME, inspectionDueOn: TODAY - 3 * DAY } },
      'an unknown odometer': { vehicle: { inspectionDueKm: 20_000 } },
      'no plan': { vehicle: { odometerKm: 20_501 } },
    },
  },
  inspection_back: {
    told: { vehicle: ON_TIME, held: ['inspection'], event: 'inspection.finished' },
    does: [],
    also: {
      'on the way back': { vehicle: ON_TIME, held: ['inspection'], lease: 'returning' },
      'a car that nobody leases': { vehicle: ON_TIME, held: ['inspection'], lease: 'closed' },
    },
    not: {
      'put off too often': { vehicle: { ...ON_TIME, postponed: 3 }, held: ['inspection'] },
      'overdue by km': { vehicle: { ...ON_TIME, odometerKm: 20_501 }, held: ['inspection'] },
      'overdue by days': { vehicle: { ...ON_TIME, inspectionDueOn: TODAY - 4 * DAY }, held: ['inspection'] },
      'nothing known': { held: ['inspection'] },
    },
  },
  inspection_done: {
    told: { event: 'inspection.finished' },
    does: ['back_on_line'],
    not: { 'no event': {} },
  },
  papers_ending_30: rung(30, 14),
  papers_ending_14: rung(14, 7),
  papers_ending_7: rung(7, 3),
  papers_ending_3: rung(3, 1),
  papers_ending_1: rung(1, -1),
  papers_overdue: {
    told: { vehicle: papers(300, 300, -1) },
    does: ['papers_overdue', 'renew_papers'],
    not: { 'the last day': { vehicle: papers(0, 0, 0) }, unknown: {} },
  },
  zone_exit: {
    told: { inside: false, outage: false },
    does: ['zone_left', 'call_driver_zone'],
    holds: ['zone'],
    not: {
      inside: { inside: true, outage: false },
      'a place that is not trusted': { outage: false },
      'a permit': { inside: false, outage: false, permits: ['leave_zone'] },
      'an area without network': { inside: false, outage: true },
    },
  },
  zone_back: {
    told: { inside: true, held: ['zone'] },
    does: ['zone_returned'],
    also: { 'on the way back to the park': { inside: true, held: ['zone'], lease: 'returning' } },
    not: { 'still outside': { inside: false, held: ['zone'] }, 'a place that is not trusted': { held: ['zone'] } },
  },
  appeal: {
    told: { held: ['balance'], event: 'driver.appealed' },
    does: ['answer_appeal'],
    also: { 'on the way back': { held: ['balance'], event: 'driver.appealed', lease: 'returning' } },
    not: { 'nothing stands': { event: 'driver.appealed' }, 'nobody wrote': { held: ['balance'] } },
  },
  call_by_person: {
    told: { event: 'message.to_call' },
    does: ['call_and_say'],
    not: { 'no event': {} },
  },
  drive_to_park: {
    told: { inside: true, held: ['balance'], event: 'driver.asked_grace' },
    does: ['grant'],
    also: { 'on the way back': { inside: true, held: ['balance'], event: 'driver.asked_grace', lease: 'returning' } },
    not: {
      theft: { inside: true, held: ['theft'], event: 'driver.asked_grace' },
      "a person's hold": { inside: true, held: ['manual', 'balance'], event: 'driver.asked_grace' },
      'outside the zone': { inside: false, held: ['balance'], event: 'driver.asked_grace' },
      'a place that is not trusted': { held: ['balance'], event: 'driver.asked_grace' },
      'the second time in a day': {
        inside: true,
        held: ['balance'],
        permits: ['drive_to_park_used'],
        event: 'driver.asked_grace',
      },
    },
  },
}

const shipped = readShippedRules().flatMap(({ text }) =>
  [...text.matchAll(/^kind: rule\nid: (\w+)$/gm)].flatMap(([, id]) => id ?? []),
)

test('every rule that comes with the house has its behaviour here', () => {
  expect(shipped.length).toBeGreaterThan(20)
  expect(Object.keys(CASES).sort()).toEqual([...shipped].sort())
})

describe('rules as they are shipped', () => {
  let database: SqlDatabase
  let postgres: Postgres
  let house: RuleHouse
  let told: Told = {}
  const PERMITS = ['leave_zone', 'orders_stopped', 'warning_undelivered', 'drive_to_park_used'] as const

  beforeAll(async () => {
    database = await createSqlDatabase('PGlite')
    postgres = await migrated(database)
    house = await createRuleHouse(postgres, { clock: createManualClock(NOON) })
    const { ports } = house.rules
    const each = (facts: () => Facts | undefined) => async (ids: readonly string[]) =>
      new Map(ids.map((id) => [id, { facts: facts() ?? {} }]))
    ports.facts(
      'vehicle',
      each(() => told.vehicle),
    )
    ports.facts(
      'driver',
      each(() => told.driver),
    )
    ports.read('zone_state', async (asks) =>
      asks.map(() => ({ value: told.inside === undefined ? undefined : { inside: told.inside } })),
    )
    ports.read('area_outage', async (asks) => asks.map(() => ({ value: told.outage })))
    for (const name of PERMITS)
      ports.permit(name, async (ids) => new Set(told.permits?.includes(name) === true ? ids : []))
  })
  afterAll(async () => {
    await database.close()
    await stopSqlServer()
  })
  beforeEach(async () => {
    await clearRules(postgres)
    await sql`delete from vehicles`.execute(postgres.db)
    house.sent.length = 0
  })

  const play = async (rule: string, given: Told) => {
    told = given
    const now = house.clock.now()
    if (given.ladder === 'fair') {
      const owner = { id: 'o', name: 'owner', role: 'owner' }
      await house.policies.service.takePreset('fair', 'по договору', owner)
    }
    const lease = await addLease(postgres, given.drivers ?? 1)
    const [debtor = lease.driver, other = lease.driver] = lease.drivers
    if (given.kopecks !== undefined) await setBalance(postgres, debtor, given.kopecks, now)
    const ended = given.lease === 'closed' ? { endedAt: now } : {}
    if (given.lease !== undefined)
      await postgres.db
        .updateTable('leases')
        .set({ state: given.lease, ...ended })
        .where('id', '=', lease.leaseId)
        .execute()
    if (given.left === true)
      await postgres.db.updateTable('leaseParties').set({ untilAt: now }).where('driverId', '=', debtor).execute()
    if (given.promised === true) await promise(postgres, debtor, later(now, minutes(60)))
    if (given.shift !== undefined) await openShift(postgres, lease, given.shift === 0 ? debtor : other, now)
    for (const [index, reason] of (given.held ?? []).entries())
      await postgres.db
        .insertInto('holds')
        .values({
          id: `11111111-1111-4111-8111-11111111111${index}`,
          vehicleId: lease.vehicleId,
          reason,
          key: reason === 'balance' ? debtor : '',
          note: '',
          placedByKind: 'rule',
          placedById: 'before',
          placedByName: 'before',
          placedAt: now,
          orderId: null,
        } as never)
        .execute()
    await sql`update rules set paused = (id <> ${rule}), next_sweep_at = 0`.execute(postgres.db)
    if (given.event === undefined) await house.turn()
    else {
      const about = { vehicleId: lease.vehicleId, driverId: debtor }
      await house.rules.emit({ id: `e ${rule} ${lease.leaseId}`, name: given.event, at: now, payload: {}, about })
      await house.turn()
    }
    const held = (await standingHolds(postgres, lease.vehicleId)).map((hold) => hold.split(' ')[0])
    return { sent: house.sent.map(({ action }) => action), held }
  }

  describe.each(Object.entries(CASES))('%s', (rule, { told: usual, does, holds = [], also = {}, not }) => {
    test.each(Object.entries({ 'what it is for': usual, ...also }))('does %s', async (_, given) => {
      const { sent, held } = await play(rule, given)
      expect(sent).toEqual(does)
      const kept = rule.endsWith('_back') || rule === 'balance_other_shift' ? [] : [...(given.held ?? []), ...holds]
      expect(rule === 'ladder_orders_back' ? [] : held).toEqual(kept)
    })
    test.each(Object.entries(not))('does nothing: %s', async (_, other) => {
      const { sent, held } = await play(rule, other)
      expect(sent).toEqual([])
      expect([...held].sort()).toEqual([...(other.held ?? [])].sort())
    })
  })
})
