import { expect, test } from 'vitest'
import { millis } from '#contract/instant.ts'
import { judge, type Question, type Verdict } from '../../../edge/interlock/interlock.ts'
import { interlockPolicy } from '../../../edge/interlock/interlock-policy.ts'
import { drive, fix, ignition, motion, reading, SOURCES, withMotion } from '../../support/moments.ts'
import { asked, at, every, POLICY, type Story, silent } from '../../support/parked.ts'

type Row = {
  readonly name: string
  readonly story?: Story
  readonly more?: Partial<Question>
  readonly afterMs?: number
  readonly expected: Verdict
}

const proceed: Verdict = { verdict: 'proceed' }
const wait = (reason: Extract<Verdict, { verdict: 'wait' }>['reason']): Verdict => ({ verdict: 'wait', reason })
const refuse = (reason: Extract<Verdict, { verdict: 'refuse' }>['reason']): Verdict => ({ verdict: 'refuse', reason })
const last =
  (seconds: number, then: (s: number) => ReturnType<typeof fix>, before: (s: number) => ReturnType<typeof fix>) =>
  (s: number) =>
    s > 100 - seconds ? then(s) : before(s)
const RUNNING = interlockPolicy({}, { allowRunningCircuitCut: true })
const garage: Story = { seconds: 320, sources: withMotion, gps: silent }

const rows: readonly Row[] = [
  { name: 'parked, all good', expected: proceed },
  {
    name: 'unblock, though nothing is known',
    more: { action: 'unblock', expiry: 'passed', commissioning: 'open' },
    expected: proceed,
  },
  // 1: order, commissioning, circuit
  { name: 'the order has expired', more: { expiry: 'passed' }, expected: refuse('expired') },
  { name: 'no sealed commissioning sheet', more: { commissioning: 'open' }, expected: refuse('not-commissioned') },
  // 2: ignition
  {
    name: 'no ignition wire',
    story: { sources: { relay: SOURCES.relay, gnss: SOURCES.gnss } as never },
    expected: wait('evidence-stale'),
  },
  { name: 'ignition never read', story: { ignition: silent }, expected: wait('evidence-stale') },
  { name: 'ignition on', story: { ignition: (s) => [ignition(true, at(s))] }, expected: wait('ignition-on') },
  {
    name: 'ignition off for 64 s',
    story: { ignition: (s) => [ignition(s <= 36, at(s))] },
    expected: wait('ignition-on'),
  },
  { name: 'ignition off for 65 s', story: { ignition: (s) => [ignition(s < 35, at(s))] }, expected: proceed },
  {
    name: 'ignition seen on for a moment',
    story: { ignition: (s) => [ignition(s === 70, at(s))] },
    expected: wait('ignition-on'),
  },
  {
    name: 'ignition doubtfully on for a moment',
    story: { ignition: (s) => [ignition(s === 70, at(s), s === 70 ? { quality: 'uncertain' } : {})] },
    expected: wait('ignition-on'),
  },
  {
    name: 'ignition unread for 4 s in between',
    story: { ignition: (s) => (s > 70 && s < 74 ? [] : [ignition(false, at(s))]) },
    expected: wait('ignition-on'),
  },
  {
    name: 'ignition bad for 2 s in between',
    story: { ignition: (s) => [ignition(s > 70 && s < 73 ? undefined : false, at(s))] },
    expected: proceed,
  },
  {
    name: 'ignition stale',
    story: { ignition: (s) => (s > 96 ? [] : [ignition(false, at(s))]) },
    expected: wait('evidence-stale'),
  },
  {
    name: 'ignition only uncertain',
    story: { ignition: (s) => [ignition(false, at(s), { quality: 'uncertain' })] },
    expected: wait('evidence-stale'),
  },
  {
    name: 'ignition not fit as evidence',
    story: { ignition: (s) => [ignition(false, at(s), { evidence: false })] },
    expected: wait('evidence-stale'),
  },
  {
    name: 'ignition derived from the voltage',
    story: { ignition: (s) => [ignition(false, at(s), { capability: 'supply.voltage' })] },
    expected: wait('evidence-stale'),
  },
  {
    name: 'an older ignition reading comes late',
    story: { ignition: (s) => [ignition(false, at(s)), ignition(true, at(s) - 5000)] },
    expected: proceed,
  },
  {
    name: 'ignition says a word',
    story: { ignition: (s) => [reading('relay', 'input1', 'off', at(s))] },
    expected: wait('evidence-stale'),
  },
  // 3: GNSS
  { name: 'driving', story: { gps: every({ speedKmh: 40 }) }, expected: wait('moving') },
  { name: 'slow for 19 s', story: { gps: last(20, every({}), every({ speedKmh: 9 })) }, expected: wait('moving') },
  { name: 'slow for 21 s', story: { gps: last(22, every({}), every({ speedKmh: 9 })) }, expected: proceed },
  {
    name: 'one doubtful high speed',
    story: { gps: (s) => fix(at(s), s === 95 ? { speedKmh: 30, more: { quality: 'uncertain' } } : {}) },
    expected: wait('moving'),
  },
  {
    name: 'a single stale fix among good ones',
    story: { gps: (s) => fix(at(s), s === 95 ? { more: { quality: 'stale' } } : {}) },
    expected: proceed,
  },
  {
    name: 'displaced by 31 m in a minute',
    story: { gps: (s) => fix(at(s), { northM: s * 0.55 }) },
    expected: wait('moving'),
  },
  { name: 'wandering by 20 m', story: { gps: (s) => fix(at(s), { northM: (s % 20) * 1 }) }, expected: proceed },
  {
    name: 'displaced by 40 m with an error of 25 m',
    story: { gps: (s) => fix(at(s), { northM: s * 0.68, accuracyM: 25 }) },
    expected: proceed,
  },
  { name: 'fixes for only 50 s', story: { gps: (s) => (s < 50 ? [] : fix(at(s))) }, expected: wait('evidence-stale') },
  {
    name: 'setting off: 4.5 km/h from standing',
    story: { gps: (s) => fix(at(s), { speedKmh: s > 98 ? 4.5 : 0 }) },
    expected: wait('moving'),
  },
  {
    name: 'frozen receiver: fix time stands',
    story: { gps: (s) => fix(at(s), { timeMs: Math.min(at(s), 80_000) }) },
    expected: wait('no-motion-evidence'),
  },
  {
    name: 'fix time goes back',
    story: { gps: (s) => fix(at(s), s > 98 ? { timeMs: at(s) - 5000 } : {}) },
    expected: wait('moving'),
  },
  { name: 'no GNSS, no motion sensor', story: { gps: silent }, expected: wait('no-motion-evidence') },
  {
    name: 'GNSS lost for 11 s',
    story: { gps: (s) => (s > 89 ? [] : fix(at(s))) },
    expected: wait('no-motion-evidence'),
  },
  { name: 'four satellites', story: { gps: every({ satellites: 4 }) }, expected: wait('no-motion-evidence') },
  { name: 'five satellites', story: { gps: every({ satellites: 5 }) }, expected: proceed },
  { name: 'error of 51 m', story: { gps: every({ accuracyM: 51 }) }, expected: wait('no-motion-evidence') },
  { name: 'receiver says no fix', story: { gps: every({ fix: 'none' }) }, expected: wait('no-motion-evidence') },
  { name: 'position 0, 0', story: { gps: every({ lat: 0, lon: 0 }) }, expected: wait('no-motion-evidence') },
  {
    name: 'speed not fit as evidence',
    story: { gps: (s) => fix(at(s)).map((one) => (one.name === 'speed' ? { ...one, evidence: false } : one)) },
    expected: wait('no-motion-evidence'),
  },
  {
    name: 'no speed at all',
    story: { gps: (s) => fix(at(s)).filter((one) => one.name !== 'speed') },
    expected: wait('no-motion-evidence'),
  },
  { name: 'receiver says jammed', story: { gps: every({ trust: 'jammed' }) }, expected: wait('no-motion-evidence') },
  { name: 'receiver says suspect', story: { gps: every({ trust: 'suspect' }) }, expected: wait('no-motion-evidence') },
  { name: 'receiver says ok', story: { gps: every({ trust: 'ok' }) }, expected: proceed },
  {
    name: 'a jump of 5 km half a minute ago',
    story: { gps: (s) => fix(at(s), { northM: s > 70 ? 5000 : 0 }) },
    expected: wait('no-motion-evidence'),
  },
  // I1: the fix alone
  {
    name: 'standing at 4 km/h: too fast for the bound',
    story: { gps: every({ speedKmh: 4 }) },
    expected: wait('moving'),
  },
  { name: 'judged 0.7 s after the fix', afterMs: 700, expected: wait('evidence-stale') },
  { name: 'judged 1.1 s after the fix', story: { gps: every({}) }, afterMs: 1100, expected: wait('evidence-stale') },
  {
    name: 'a fix 0.7 s old beside a still motion sensor',
    story: { sources: withMotion },
    afterMs: 700,
    expected: proceed,
  },
  {
    // Found by the simulator: an engine started between the last look at its key and the contact.
    name: 'an ignition last looked at longer ago than an engine takes to start',
    story: { sources: withMotion },
    afterMs: 701,
    expected: wait('evidence-stale'),
  },
  {
    name: 'a backlog handed over late',
    story: { gps: (s) => fix(at(s), { timeMs: s > 80 ? 80_000 + (s - 80) * 800 : at(s) }) },
    expected: wait('evidence-stale'),
  },
  // 4: motion sensor
  { name: 'shaking', story: { sources: withMotion, motion: (s) => [motion(true, at(s))] }, expected: wait('moving') },
  {
    name: 'still for 59 s',
    story: { sources: withMotion, motion: (s) => [motion(s < 42, at(s))] },
    expected: wait('moving'),
  },
  { name: 'still for 60 s', story: { sources: withMotion, motion: (s) => [motion(s < 40, at(s))] }, expected: proceed },
  { name: 'motion unread', story: { sources: withMotion, motion: silent }, expected: wait('evidence-stale') },
  { name: 'wheels at 0', story: { sources: withMotion, motion: (s) => [motion(0, at(s))] }, expected: proceed },
  { name: 'wheels at 3', story: { sources: withMotion, motion: (s) => [motion(3, at(s))] }, expected: wait('moving') },
  {
    name: 'motion is only the GNSS speed again',
    story: { sources: withMotion, motion: (s) => [motion(0, at(s), { capability: 'position.speed' })] },
    expected: wait('evidence-stale'),
  },
  // 5: without GNSS
  { name: 'garage, all still for 5 min', story: garage, expected: proceed },
  {
    name: 'garage, still for 4 min',
    story: { ...garage, motion: (s) => [motion(s < 80, at(s))] },
    expected: wait('evidence-stale'),
  },
  {
    name: 'garage, ignition off for 4 min',
    story: { ...garage, ignition: (s) => [ignition(s < 80, at(s))] },
    expected: wait('evidence-stale'),
  },
  { name: 'jammed, all still for 5 min', story: { ...garage, gps: every({ trust: 'jammed' }) }, expected: proceed },
  // 6: relay
  { name: 'relay unread', story: { drive: silent }, expected: wait('evidence-stale') },
  {
    name: 'relay read 4 s ago',
    story: { drive: (s) => (s > 96 ? [] : [drive('free', at(s))]) },
    expected: wait('evidence-stale'),
  },
  {
    name: 'relay reading is bad',
    story: { drive: (s) => [drive(undefined, at(s))] },
    expected: wait('evidence-stale'),
  },
  {
    name: 'relay is not as reported',
    story: { drive: (s) => [drive('blocked', at(s))] },
    expected: wait('relay-resting'),
  },
  {
    name: 'relay state unknown to us',
    more: { relay: { reported: 'unknown', fault: 'none', toggles: [] } },
    expected: wait('relay-resting'),
  },
  {
    name: 'relay fault is latched',
    more: { relay: { reported: 'free', fault: 'latched', toggles: [] } },
    expected: refuse('relay-fault'),
  },
  {
    name: 'toggled 59 s ago',
    more: { relay: { reported: 'free', fault: 'none', toggles: [millis(41_100)] } },
    expected: wait('relay-resting'),
  },
  {
    name: 'toggled 61 s ago',
    more: { relay: { reported: 'free', fault: 'none', toggles: [millis(39_000)] } },
    expected: proceed,
  },
  {
    name: 'six toggles within the hour',
    more: { relay: { reported: 'free', fault: 'none', toggles: [1, 2, 3, 4, 5, 6].map(millis) } },
    expected: wait('relay-resting'),
  },
  {
    name: 'no rest asked for',
    story: { policy: interlockPolicy({ relayRestMs: 0, relayTogglesPerHour: 3600 }) },
    more: { relay: { reported: 'free', fault: 'none', toggles: [millis(100_000)] } },
    expected: proceed,
  },
  // 7: running circuits
  { name: 'fuel pump', more: { circuit: 'fuel-pump' }, expected: refuse('circuit-not-allowed') },
  { name: 'ignition circuit', more: { circuit: 'ignition' }, expected: refuse('circuit-not-allowed') },
  {
    name: 'fuel pump allowed, standing, fresh fix',
    story: { policy: RUNNING },
    more: { circuit: 'fuel-pump' },
    expected: proceed,
  },
  {
    name: 'fuel pump allowed, slow for 25 s',
    story: { policy: RUNNING, gps: last(26, every({}), every({ speedKmh: 9 })) },
    more: { circuit: 'fuel-pump' },
    expected: wait('moving'),
  },
  {
    name: 'fuel pump allowed, fix 0.7 s old',
    story: { policy: RUNNING },
    more: { circuit: 'fuel-pump' },
    afterMs: 700,
    expected: wait('moving'),
  },
  {
    name: 'fuel pump allowed, still motion sensor, fix 0.5 s old at 2 km/h',
    story: { policy: RUNNING, sources: withMotion, gps: every({ speedKmh: 1 }) },
    more: { circuit: 'fuel-pump' },
    afterMs: 450,
    expected: wait('evidence-stale'),
  },
  {
    name: 'fuel pump allowed, garage',
    story: { ...garage, policy: RUNNING },
    more: { circuit: 'fuel-pump' },
    expected: wait('evidence-stale'),
  },
]

test.each(rows)('judge: $name → $expected', ({ story, more, afterMs, expected }) => {
  expect(judge(asked(story, more, afterMs))).toEqual(expected)
})

test('without an immobilizer nothing is commissioned', () => {
  const { circuit: _none, ...question } = asked()
  expect(judge(question)).toEqual({ verdict: 'refuse', reason: 'not-commissioned' })
})

test('words of the relay that are no words, and other devices, are not witnesses', () => {
  const strange = asked({ drive: (s) => [reading('relay', 'drive', 'half', at(s), { capability: 'relay.drive' })] })
  expect(strange.evidence.drive).toBeUndefined()
  const other = asked({ drive: (s) => [reading('gps', 'drive', 'free', at(s), { capability: 'relay.drive' })] })
  expect(other.evidence.drive).toBeUndefined()
})

test('the defaults are the numbers of the safety page', () => {
  expect(POLICY).toMatchObject({
    ignitionOff: 65_000,
    standstillKmh: 5,
    standstill: 20_000,
    relayRest: 60_000,
    togglesPerHour: 6,
  })
})
