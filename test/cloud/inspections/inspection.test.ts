import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Day, DayTime } from '../../../cloud/calendar/moscow-day.ts'
import { counts, inspectionStanding, planAfter } from '../../../cloud/inspections/inspection.ts'
import { freeBox, freeSlots, slotsOf } from '../../../cloud/inspections/slot.ts'
import { epochMs } from '../../../contract/instant.ts'

const TODAY = Day.parse('2026-11-22')
const GRACE = { km: 500, days: 3 }
const plan = (dueKm: number | null, dueOn: string | null, postponed = 0) => ({
  dueKm,
  dueOn: dueOn === null ? null : Day.parse(dueOn),
  postponed,
})
const driven = (odometerKm: number | undefined, kmPerDay?: number) => ({ odometerKm, kmPerDay })

describe('how an inspection stands', () => {
  test.each([
    { name: 'far away', due: plan(60_000, '2027-03-01'), car: driven(50_000), state: 'ok' },
    { name: 'within a thousand kilometres', due: plan(60_000, null), car: driven(59_000), state: 'soon' },
    { name: 'within two weeks', due: plan(null, '2026-12-06'), car: driven(undefined), state: 'soon' },
    { name: 'on the kilometre', due: plan(60_000, null), car: driven(60_000), state: 'due' },
    { name: 'on the day', due: plan(null, '2026-11-22'), car: driven(undefined), state: 'due' },
    { name: 'a kilometre past', due: plan(60_000, null), car: driven(60_001), state: 'overdue' },
    { name: 'past by the whole grace', due: plan(60_000, null), car: driven(60_500), state: 'overdue' },
    { name: 'past by more than the grace', due: plan(60_000, null), car: driven(60_501), state: 'critical' },
    { name: 'three days past', due: plan(null, '2026-11-19'), car: driven(undefined), state: 'overdue' },
    { name: 'four days past', due: plan(null, '2026-11-18'), car: driven(undefined), state: 'critical' },
    {
      name: 'the day decides where the odometer is silent',
      due: plan(60_000, '2026-11-18'),
      car: driven(undefined),
      state: 'critical',
    },
    { name: 'without a due point', due: plan(null, null), car: driven(50_000), state: 'unknown' },
    { name: 'by kilometres alone and no odometer', due: plan(60_000, null), car: driven(undefined), state: 'unknown' },
  ])('$name: $state', ({ due, car, state }) => {
    expect(inspectionStanding(due, car, TODAY, GRACE).state).toBe(state)
  })

  test('an odometer that was read long ago never makes it look more overdue than the car is', () => {
    const rank = ['ok', 'soon', 'due', 'overdue', 'critical']
    fc.assert(
      fc.property(fc.nat(100_000), fc.nat(5000), fc.nat(100_000), (dueKm, since, seenKm) => {
        const seen = inspectionStanding(plan(dueKm, null), driven(seenKm), TODAY, GRACE).state
        const truth = inspectionStanding(plan(dueKm, null), driven(seenKm + since), TODAY, GRACE).state
        expect(rank.indexOf(seen)).toBeLessThanOrEqual(rank.indexOf(truth))
      }),
    )
  })

  test.each([
    { name: 'by kilometres', due: plan(60_000, '2027-06-01'), car: driven(57_000, 300), on: '2026-12-02' },
    {
      name: 'by the day, where that comes first',
      due: plan(60_000, '2026-11-25'),
      car: driven(50_000, 100),
      on: '2026-11-25',
    },
    { name: 'today when it has passed', due: plan(60_000, null), car: driven(61_000, 300), on: '2026-11-22' },
    { name: 'not at all without a pace', due: plan(60_000, null), car: driven(50_000), on: null },
    { name: 'not at all for a car that stands', due: plan(60_000, null), car: driven(50_000, 0), on: null },
  ])('the forecast is $name', ({ due, car, on }) => {
    expect(inspectionStanding(due, car, TODAY, GRACE).forecastOn).toBe(on)
  })
})

test('after a visit the next one falls due from what was found, and the counter is zero', () => {
  const step = { stepKm: 10_000, stepDays: 180 }
  expect(planAfter(step, { odometerKm: 61_234, deviceOdometerKm: null }, TODAY)).toEqual({
    dueKm: 71_234,
    dueOn: '2027-05-21',
    postponed: 0,
    lastDoneKm: 61_234,
    lastDoneOn: '2026-11-22',
  })
  // A digit was left out by hand: nobody is held for it the next day.
  const typed = planAfter(step, { odometerKm: 6_123, deviceOdometerKm: 61_234.7 }, TODAY)
  expect(typed).toMatchObject({ dueKm: 71_234, lastDoneKm: 6_123 })
})

test('the park’s own putting off counts against nobody; a no-show does', () => {
  expect((['busy', 'ill', 'far', 'broken', 'other', 'no-show', 'park'] as const).filter(counts)).toEqual([
    'busy',
    'ill',
    'far',
    'broken',
    'other',
    'no-show',
  ])
})

describe('slots of a station', () => {
  const hours = {
    boxes: 2,
    opens: DayTime.parse('09:00'),
    closes: DayTime.parse('12:30'),
    slotMinutes: 60,
    weekdays: [0, 1, 2, 3, 4],
  }
  const monday = Day.parse('2026-11-23')
  const at = (text: string) => epochMs(Date.parse(text))

  test('the last one ends before the station closes, and on a free day there are none', () => {
    expect(slotsOf(hours, monday).map((slot) => new Date(slot).toISOString())).toEqual([
      '2026-11-23T06:00:00.000Z',
      '2026-11-23T07:00:00.000Z',
      '2026-11-23T08:00:00.000Z',
    ])
    expect(slotsOf(hours, TODAY)).toEqual([])
  })

  test('a slot is offered while a box is free, and never in the past', () => {
    const taken = [
      { slotAt: at('2026-11-23T07:00:00Z'), box: 1 },
      { slotAt: at('2026-11-23T07:00:00Z'), box: 2 },
      { slotAt: at('2026-11-23T08:00:00Z'), box: 2 },
    ]
    const wish = { from: TODAY, days: 2, now: at('2026-11-23T05:59:00Z') }
    expect(freeSlots(hours, taken, wish)).toEqual([
      { at: at('2026-11-23T06:00:00Z'), free: 2 },
      { at: at('2026-11-23T08:00:00Z'), free: 1 },
    ])
    expect(freeSlots(hours, taken, { ...wish, now: at('2026-11-23T06:00:00Z') })).toHaveLength(1)
    expect(freeBox(hours, taken, at('2026-11-23T08:00:00Z'))).toBe(1)
    expect(freeBox(hours, taken, at('2026-11-23T07:00:00Z'))).toBeUndefined()
  })
})
