import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs } from '#contract/instant.ts'
import { Day, dayOf, dayPlus, momentOf, weekdayOf } from '../../../cloud/calendar/moscow-day.ts'
import { DriverId } from '../../../cloud/drivers/driver.ts'
import { advance, LeaseState, troubleWith } from '../../../cloud/leases/lease.ts'
import { dueCharges, firstChargeAt, rateOf, Schedule } from '../../../cloud/leases/schedule.ts'
import { answerable, sharesOf } from '../../../cloud/shifts/shift.ts'

const day = (text: string) => Day.parse(text)
const at = (text: string) => epochMs(Date.parse(text))
const schedule = Schedule.parse({
  rates: [100, 200, 300, 400, 500, 600, 0],
  chargeAt: '06:30',
  freeDays: ['2026-11-25'],
  holidays: ['2026-11-26', '2026-11-25'],
  holidayRateKopecks: 50,
})

test.each([
  ['2026-11-23', 100, 'weekday'],
  ['2026-11-28', 600, 'weekday'],
  ['2026-11-29', 0, 'weekday'],
  ['2026-11-25', 0, 'free-day'],
  ['2026-11-26', 50, 'holiday'],
] as const)('%s costs %i kopecks: %s', (text, kopecks, why) => {
  expect(rateOf(schedule, day(text))).toEqual({ kopecks, why })
})

test('a day of Moscow begins three hours before the one of UTC', () => {
  expect(dayOf(at('2026-11-21T20:59:59Z'))).toBe('2026-11-21')
  expect(dayOf(at('2026-11-21T21:00:00Z'))).toBe('2026-11-22')
  expect(weekdayOf(day('2026-11-22'))).toBe(6)
  expect(momentOf(day('2026-11-22'), '06:30')).toBe(at('2026-11-22T03:30:00Z'))
})

test.each([
  {
    name: 'handed over before the hour',
    startsOn: '2026-11-01',
    handed: '2026-11-23T01:00:00Z',
    first: '2026-11-23T03:30:00Z',
  },
  {
    name: 'handed over after the hour: charged at once',
    startsOn: '2026-11-01',
    handed: '2026-11-23T10:00:00Z',
    first: '2026-11-23T10:00:00Z',
  },
  {
    name: 'handed over before its first day',
    startsOn: '2026-11-25',
    handed: '2026-11-23T10:00:00Z',
    first: '2026-11-25T03:30:00Z',
  },
])('the first day: $name', ({ startsOn, handed, first }) => {
  expect(firstChargeAt(schedule, day(startsOn), at(handed))).toBe(at(first))
})

test('every day from the first to now is due exactly once, in however many looks', () => {
  const looks = fc.array(fc.integer({ min: 1, max: 5 * 24 * 60 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(looks, fc.integer({ min: 1, max: 4 }), (pauses, most) => {
      const start = at('2026-11-21T19:25:00Z')
      let next = start
      let now = start
      const charged: Day[] = []
      for (const pause of pauses) {
        now = epochMs(now + pause * 60_000)
        const due = dueCharges(schedule, next, now, most)
        charged.push(...due.days.map((one) => one.day))
        next = due.nextAt
      }
      for (
        let due = dueCharges(schedule, next, now, most);
        due.days.length > 0;
        due = dueCharges(schedule, next, now, most)
      ) {
        charged.push(...due.days.map((one) => one.day))
        next = due.nextAt
      }
      const expected: Day[] = [day('2026-11-21')]
      for (let one = day('2026-11-22'); momentOf(one, '06:30') <= now; one = dayPlus(one, 1)) expected.push(one)
      expect(charged).toEqual(expected)
      expect(next).toBeGreaterThan(now)
    }),
  )
})

describe('states of a lease', () => {
  const events = ['activate', 'cancel', 'return', 'resume', 'close'] as const
  const paths = LeaseState.options.flatMap((state) =>
    events.flatMap((event) => {
      const to = advance(state, event)
      return to === undefined ? [] : [`${state} -${event}-> ${to}`]
    }),
  )
  test('the paths are these and no others', () => {
    expect(paths).toEqual([
      'draft -activate-> active',
      'draft -cancel-> cancelled',
      'active -return-> returning',
      'returning -resume-> active',
      'returning -close-> closed',
    ])
  })
})

const [one, two, three] = ['1', '2', '3'].map((digit) => DriverId.parse(`00000000-0000-4000-8000-00000000000${digit}`))
if (one === undefined || two === undefined || three === undefined) throw new Error('three drivers')
const terms = {
  plan: 'rent',
  buyout: null,
  startsOn: '2026-11-21',
  endsOn: null,
  drivers: [{ driverId: one, main: true }],
} as const

test.each([
  ['a single driver', terms, undefined],
  ['no main driver', { ...terms, drivers: [{ driverId: one, main: false }] }, /main/],
  [
    'two main drivers',
    {
      ...terms,
      drivers: [
        { driverId: one, main: true },
        { driverId: two, main: true },
      ],
    },
    /main/,
  ],
  [
    'one driver twice',
    {
      ...terms,
      drivers: [
        { driverId: one, main: true },
        { driverId: one, main: false },
      ],
    },
    /twice/,
  ],
  ['an end before the start', { ...terms, endsOn: '2026-11-20' }, /ends before/],
  ['a buy-out without terms', { ...terms, plan: 'buyout' as const }, /buy-out/],
  [
    'terms of a buy-out with a rent',
    { ...terms, buyout: { priceKopecks: 5, initialKopecks: 0, dailyShareKopecks: 1 } },
    /buy-out/,
  ],
] as const)('terms: %s', (_, given, expected) => {
  const trouble = troubleWith(given)
  if (expected === undefined) expect(trouble).toBeUndefined()
  else expect(trouble).toMatch(expected)
})

describe('who answers for a vehicle', () => {
  const party = (driverId: DriverId, main = false) => ({ driverId, main, fromAt: epochMs(5) })
  test('the only driver always does, with or without a shift', () => {
    expect(answerable([party(one, true)], undefined)).toEqual({ driverId: one, since: 5 })
  })
  test('of several nobody is known to, until a shift is open', () => {
    expect(answerable([party(one, true), party(two)], undefined)).toBeUndefined()
    expect(answerable([party(one, true), party(two)], { driverId: two, openedAt: epochMs(9) })).toEqual({
      driverId: two,
      since: 9,
    })
  })
})

test('the parts of a charge are never below zero and add up to it exactly; without a shift the main driver pays', () => {
  const turn = fc.record({
    driverId: fc.constantFrom(one, two, three),
    openedAt: fc.integer({ min: -500, max: 1500 }).map(epochMs),
    closedAt: fc.option(fc.integer({ min: -400, max: 1600 }).map(epochMs)),
  })
  const parties = [one, two, three].map((driverId, index) => ({ driverId, main: index === 1, fromAt: epochMs(0) }))
  const window = { from: epochMs(0), until: epochMs(1000) }
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 6 }), fc.integer({ min: 1, max: 1_000_000 }), (turns, kopecks) => {
      const shares = sharesOf(kopecks, 'shift', parties, turns, window)
      expect(shares.reduce((sum, share) => sum + share.kopecks, 0)).toBe(kopecks)
      expect(shares.every((share) => share.kopecks >= 0)).toBe(true)
      expect(sharesOf(kopecks, 'main', parties, turns, window)).toEqual([{ driverId: two, kopecks }])
    }),
  )
  expect(sharesOf(7, 'shift', parties, [], window)).toEqual([{ driverId: two, kopecks: 7 }])
})
