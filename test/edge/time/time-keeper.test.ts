import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { epochMs, millis } from '#contract/instant.ts'
import {
  bootSync,
  hearCloud,
  hearFix,
  lookAtSystem,
  orderQuality,
  startKeeping,
  type TimeKeeper,
  timeNow,
} from '../../../edge/time/time-keeper.ts'

const BUILT = epochMs(Date.UTC(2026, 8, 1))
const T0 = Date.UTC(2026, 10, 21, 12)
const HOUR = 3_600_000
const s = (seconds: number) => millis(seconds * 1000)
const fresh = startKeeping(BUILT, s(0))
type Quality = 'ntp' | 'rtc' | 'estimated'
const system = (keeper: TimeKeeper, second: number, wall: number, quality: Quality = 'estimated'): TimeKeeper =>
  lookAtSystem(keeper, { wall: epochMs(wall), steady: s(second), quality })
const fixes = (keeper: TimeKeeper, second: number, time: number, count = 3): TimeKeeper =>
  Array.from({ length: count }, (_, index) => index).reduce(
    (seen, index) => hearFix(seen, epochMs(time + index * 1000), s(second + index), BUILT).keeper,
    keeper,
  )

describe('which source is the clock', () => {
  const estimated = system(fresh, 10, T0)
  const rtc = system(fresh, 10, T0 + 3000, 'rtc')
  const ntp = system(rtc, 20, T0 + 10_000, 'ntp')
  test.each([
    { name: 'nothing but the software date', keeper: fresh, at: BUILT + 100_000, quality: 'estimated' },
    { name: 'what the system believed at its start', keeper: estimated, at: T0 + 90_000, quality: 'estimated' },
    { name: 'a battery before the first fix', keeper: rtc, at: T0 + 93_000, quality: 'rtc' },
    { name: 'fixes before a battery', keeper: fixes(rtc, 20, T0 + 11_000), at: T0 + 91_000, quality: 'gnss' },
    { name: 'NTP before all of them', keeper: fixes(ntp, 30, T0 + 20_500), at: T0 + 90_000, quality: 'ntp' },
  ])('$name → $quality', ({ keeper, at, quality }) => {
    expect(timeNow(keeper, s(100))).toEqual({ at, quality })
  })
  test.each([
    { name: 'fixes', keeper: fixes(estimated, 20, T0 + 10_000), quality: 'estimated' },
    { name: 'a battery', keeper: rtc, quality: 'rtc' },
    { name: 'NTP', keeper: ntp, quality: 'ntp' },
    { name: 'NTP that the system no longer vouches for', keeper: system(ntp, 30, T0 + 20_000), quality: 'estimated' },
  ])('an order is judged with $name as $quality', ({ keeper, quality }) => {
    expect(orderQuality({ ...keeper, ...(quality === 'estimated' ? { rtc: undefined } : {}) } as TimeKeeper)).toBe(
      quality,
    )
  })
})

describe('a clock that cannot be right', () => {
  test('1970 is not believed, though NTP were to vouch for it: the floor goes on instead', () => {
    for (const quality of ['estimated', 'rtc', 'ntp'] as const) {
      const keeper = system(fresh, 5, 5000, quality)
      expect(timeNow(keeper, s(60))).toEqual({ at: BUILT + 60_000, quality: 'estimated' })
      expect(orderQuality(keeper)).toBe('estimated')
      expect(bootSync(keeper)).toBeUndefined()
    }
  })
  test('after 1970, NTP comes and is followed at once', () => {
    const set = system(system(fresh, 5, 5000), 65, T0, 'ntp')
    expect(timeNow(set, s(66))).toEqual({ at: T0 + 1000, quality: 'ntp' })
  })
  test('a clock stepped by hours while driving moves nothing', () => {
    const before = system(fresh, 0, T0)
    for (const by of [-5 * HOUR, 5 * HOUR]) {
      expect(timeNow(system(before, 60, T0 + 60_000 + by), s(60))).toEqual({ at: T0 + 60_000, quality: 'estimated' })
    }
  })
  test('stepped under NTP it judges no order until NTP has stood by it for five minutes', () => {
    const ntp = system(fresh, 0, T0, 'ntp')
    let stepped = ntp
    for (let second = 60; second < 360; second += 30) {
      stepped = system(stepped, second, T0 + second * 1000 + 3 * HOUR, 'ntp')
      expect(orderQuality(stepped)).toBe('estimated')
      expect(timeNow(stepped, s(second))).toEqual({ at: T0 + second * 1000, quality: 'estimated' })
    }
    stepped = system(stepped, 361, T0 + 361_000 + 3 * HOUR, 'ntp')
    expect(orderQuality(stepped)).toBe('ntp')
    expect(timeNow(stepped, s(361)).at).toBe(T0 + 361_000 + 3 * HOUR)
  })
  test('NTP that steps and steps back at once was never lost for longer than that', () => {
    const away = system(system(fresh, 0, T0, 'ntp'), 60, T0 + 60_000 + HOUR, 'ntp')
    expect(orderQuality(system(away, 70, T0 + 70_000, 'ntp'))).toBe('ntp')
  })
  test('NTP may slew', () => {
    const slewed = system(system(fresh, 0, T0, 'ntp'), 100, T0 + 101_500, 'ntp')
    expect(timeNow(slewed, s(100))).toEqual({ at: T0 + 101_500, quality: 'ntp' })
  })
})

describe('the time of a fix', () => {
  const WEEKS_1024 = 1024 * 7 * 86_400_000
  const heard = (keeper: TimeKeeper, second: number, time: number) =>
    hearFix(keeper, epochMs(time), s(second), BUILT).heard
  test('from before the software is a week roll-over and refused', () => {
    expect(heard(fresh, 10, T0 - WEEKS_1024)).toBe('refused')
    expect(timeNow(fixes(fresh, 10, T0 - WEEKS_1024, 20), s(60)).quality).toBe('estimated')
    expect(heard(fresh, 10, T0 + WEEKS_1024)).toBe('refused')
  })
  test('against NTP it is refused, the other way round it waits for NTP', () => {
    const ntp = system(fresh, 0, T0, 'ntp')
    expect(heard(ntp, 10, T0 + 10_000 + 4000)).toBe('taken')
    expect(heard(ntp, 10, T0 + WEEKS_1024)).toBe('refused')
    expect(heard(system(fixes(fresh, 0, T0 + HOUR), 60, T0 + 60_000, 'ntp'), 61, T0 + HOUR + 61_000)).toBe('refused')
  })
  test('that leaps is believed only when three in a row say so', () => {
    const known = fixes(fresh, 0, T0)
    const leapt = T0 + HOUR
    const once = hearFix(known, epochMs(leapt), s(10), BUILT)
    expect(once.heard).toBe('refused')
    expect(timeNow(once.keeper, s(11))).toEqual({ at: T0 + 11_000, quality: 'gnss' })
    expect(timeNow(fixes(known, 10, leapt), s(13))).toEqual({ at: leapt + 3000, quality: 'gnss' })
  })
  test('a single odd one between good ones is forgotten', () => {
    const odd = hearFix(fixes(fresh, 0, T0), epochMs(T0 + HOUR), s(5), BUILT).keeper
    const good = hearFix(odd, epochMs(T0 + 6000), s(6), BUILT)
    expect(good.heard).toBe('taken')
    expect(good.keeper.candidate).toBeUndefined()
  })
})

test('what the cloud has signed has passed: the clock is at least there', () => {
  const slow = system(fresh, 0, T0)
  expect(timeNow(hearCloud(slow, epochMs(T0 + 2 * HOUR), s(60)), s(61))).toEqual({
    at: T0 + 2 * HOUR + 1000,
    quality: 'estimated',
  })
  expect(hearCloud(slow, epochMs(BUILT - HOUR), s(60)).floor).toBe(BUILT)
})

test('the first sync of a boot dates what was made before it', () => {
  const synced = fixes(system(fresh, 5, T0 - 40 * 86_400_000), 30, T0)
  expect(bootSync(synced)).toEqual({ offset: T0 - 30_000, quality: 'gnss', syncedAt: 32_000 })
})

const happening = fc.oneof(
  fc.record({ kind: fc.constant('cloud' as const), wall: fc.integer({ min: 0, max: 4 * HOUR }) }),
  fc.record({
    kind: fc.constantFrom('ntp' as const, 'rtc' as const, 'estimated' as const),
    wall: fc.integer({ min: -HOUR, max: 4 * HOUR }),
  }),
  fc.record({ kind: fc.constant('fix' as const), wall: fc.integer({ min: -HOUR, max: 4 * HOUR }) }),
)

test('the floor never moves back, and no clock runs more than ten seconds before it', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
      let keeper = fresh
      for (const [index, { kind, wall }] of happenings.entries()) {
        const floor = keeper.floor
        const steady = s(index * 20)
        const at = epochMs(T0 + wall)
        if (kind === 'cloud') keeper = hearCloud(keeper, at, steady)
        else if (kind === 'fix') keeper = hearFix(keeper, at, steady, BUILT).keeper
        else keeper = lookAtSystem(keeper, { wall: at, steady, quality: kind })
        expect(keeper.floor).toBeGreaterThanOrEqual(floor)
        expect(timeNow(keeper, steady).at).toBeGreaterThanOrEqual(keeper.floor - 10_000)
      }
    }),
  )
})
