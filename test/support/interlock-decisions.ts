import { millis } from '#contract/instant.ts'
import { judge, type Question, type Verdict } from '../../edge/interlock/interlock.ts'
import { interlockPolicy } from '../../edge/interlock/interlock-policy.ts'
import { drive, fix, ignition, motion, SOURCES, withMotion } from './moments.ts'
import { asked, at, every, POLICY, silent } from './parked.ts'

/** One line of the table: what is different from a car that stands with everything good. */
export type Decision = { readonly part: string; readonly when: string; readonly question: Question }

const s = (seconds: number): number => at(seconds)
const row = (part: string, when: string, question: Question): Decision => ({ part, when, question })
const off = (seconds: number) => (second: number) => [ignition(second <= 100 - seconds, s(second))]
const still = (seconds: number) => (second: number) => [motion(second <= 100 - seconds, s(second))]
const allowing = interlockPolicy({}, { allowRunningCircuitCut: true })
const fitted = { sources: withMotion }
const running = { circuit: 'fuel-pump' } as const

/** Each condition broken alone, and each limit from both sides: no other difference explains the verdict. */
export const DECISIONS: readonly Decision[] = [
  row('–', 'everything good: no motion sensor', asked()),
  row('–', 'everything good: motion sensor', asked(fitted)),
  row('unblock', 'moving, relay faulty, order expired, not commissioned', {
    ...asked({ gps: every({ speedKmh: 90 }), ignition: (second) => [ignition(true, s(second))] }),
    action: 'unblock',
    expiry: 'passed',
    commissioning: 'open',
    relay: { reported: 'unknown', fault: 'latched', toggles: [] },
  }),
  row('1 order', 'its time is over', asked({}, { expiry: 'passed' })),
  row('– sheet', 'no sealed commissioning sheet', asked({}, { commissioning: 'open' })),
  row('7 circuit', 'fuel pump, flag off', asked({}, running)),
  row('2 ignition', 'not wired', asked({ sources: { ...withoutIgnition() } })),
  row('2 ignition', 'no reading', asked({ ignition: silent })),
  row('2 ignition', 'on', asked({ ignition: (second) => [ignition(true, s(second))] })),
  row('2 ignition', 'off for 64 s', asked({ ignition: off(65) })),
  row('2 ignition', 'off for 65 s', asked({ ignition: off(66) })),
  row('2 ignition', 'last look 0.7 s ago', asked(fitted, {}, 700)),
  row('2 ignition', 'last look 0.701 s ago', asked(fitted, {}, 701)),
  row('3 GNSS', 'no fix, no motion sensor', asked({ gps: silent })),
  row('3 GNSS', 'fix 0.6 s old, no motion sensor', asked({}, {}, 600)),
  row('3 GNSS', 'fix 0.7 s old, no motion sensor', asked({}, {}, 700)),
  row('3 GNSS', 'polled once a second, no motion sensor', asked(polledEvery(1000))),
  row(
    '3 GNSS',
    'polled once a second, motion sensor still',
    asked({ ...polledEvery(1000), sources: { ...withMotion, gnssDelivery: 'polled' } }),
  ),
  row('3 GNSS', 'polled five times a second, no motion sensor', asked(polledEvery(200))),
  row('3 GNSS', 'polled five times a second, no motion sensor, 0.35 s later', asked(polledEvery(200), {}, 350)),
  row('3 GNSS', 'standing at 3 km/h, no motion sensor', asked({ gps: every({ speedKmh: 3 }) })),
  row('3 GNSS', 'standing at 4 km/h, no motion sensor', asked({ gps: every({ speedKmh: 4 }) })),
  row('3 GNSS', 'standing at 4 km/h, motion sensor still', asked({ ...fitted, gps: every({ speedKmh: 4 }) })),
  row('3 GNSS', 'at 6 km/h, motion sensor still', asked({ ...fitted, gps: every({ speedKmh: 6 }) })),
  row('3 GNSS', '4 satellites', asked({ gps: every({ satellites: 4 }) })),
  row('3 GNSS', 'accuracy 51 m', asked({ gps: every({ accuracyM: 51 }) })),
  row('3 GNSS', 'the receiver says jammed', asked({ gps: every({ trust: 'jammed' }) })),
  row('3 GNSS', 'fix time stands still', asked({ gps: (second) => fix(s(second), { timeMs: s(40) }) })),
  row('3 GNSS', 'speed 0, yet 40 m further', asked({ gps: (second) => fix(s(second), { northM: second * 0.8 }) })),
  row('3 GNSS', 'a run of 59 s', asked({ gps: (second) => (second < 41 ? [] : fix(s(second))) })),
  row('3 GNSS', 'a run of 60 s', asked({ gps: (second) => (second < 40 ? [] : fix(s(second))) })),
  row('4 motion', 'fitted, no reading', asked({ ...fitted, motion: silent })),
  row('4 motion', 'still for 59 s', asked({ ...fitted, motion: still(60) })),
  row('4 motion', 'still for 60 s', asked({ ...fitted, motion: still(61) })),
  row('5 no GNSS', 'ignition off and sensor still for 299 s', asked({ ...fitted, gps: silent, seconds: 300 })),
  row('5 no GNSS', 'ignition off and sensor still for 300 s', asked({ ...fitted, gps: silent, seconds: 301 })),
  row('6 relay', 'no read-back', asked({ drive: silent })),
  row('6 relay', 'reads blocked, reported free', asked({ drive: (second) => [drive('blocked', s(second))] })),
  row('6 relay', 'a latched fault', asked({}, { relay: { reported: 'free', fault: 'latched', toggles: [] } })),
  row('6 relay', 'written 59 s ago', asked({}, relayAfter([59_980]))),
  row('6 relay', 'written 60 s ago', asked({}, relayAfter([60_000]))),
  row(
    '6 relay',
    'six times within the hour',
    asked({}, relayAfter([600, 500, 400, 300, 200, 100].map((ago) => ago * 1000))),
  ),
  row('7 circuit', 'fuel pump, flag on, fix fresh', asked({ policy: allowing }, running)),
  row(
    '7 circuit',
    'fuel pump, flag on, no GNSS for 5 min, sensor still',
    asked({ ...fitted, policy: allowing, gps: silent, seconds: 301 }, running),
  ),
  row(
    '7 circuit',
    'fuel pump, flag on, slow for 29 s',
    asked(
      { policy: allowing, gps: (second) => fix(s(second), { speedKmh: second > 70 ? 0 : 6, timeMs: s(second) }) },
      running,
    ),
  ),
]

/** A receiver that is asked: a new fix each second, and looks in between that show the old one. */
function polledEvery(ms: number) {
  const { gnssDelivery: _sent, ...sources } = SOURCES
  const look = (second: number, index: number) => {
    const moment = s(second - 1) + (index + 1) * ms
    return fix(moment, { timeMs: moment === s(second) ? moment : s(second - 1) })
  }
  return {
    sources,
    looks: (second: number) => Array.from({ length: 1000 / ms }, (_, index) => look(second, index)),
  }
}
function withoutIgnition() {
  const { ignition: _none, ...rest } = withMotion
  return rest
}
function relayAfter(agosMs: readonly number[]): Partial<Question> {
  const { now } = asked()
  return { relay: { reported: 'free', fault: 'none', toggles: agosMs.map((ago) => millis(now - ago)) } }
}

const worded = (verdict: Verdict): string =>
  verdict.verdict === 'proceed' ? '**proceed**' : `${verdict.verdict} \`${verdict.reason}\``

/** The table of docs/interlock-decisions.md, judged by the code of this moment. */
export function interlockDecisions(): string {
  const lines = DECISIONS.map(({ part, when, question }) => `| ${part} | ${when} | ${worded(judge(question))} |`)
  return [
    '# What the interlock decides',
    '',
    'Made by `npm run generate` from `edge/interlock/interlock.ts`; never edited by hand. Every line is a block order on a',
    `car that has stood for 100 s with ignition off, a good fix a second, a healthy relay and a sealed sheet (ignition off`,
    `${POLICY.ignitionOff / 1000} s, standstill ${POLICY.standstillKmh} km/h for ${POLICY.standstill / 1000} s), asked 20 ms after the last look, and differs from it in one`,
    'thing only: no other difference explains the verdict. `wait` is asked again at every reading, `refuse` ends the order.',
    '',
    '| Condition | What is different | Verdict |',
    '|---|---|---|',
    ...lines,
    '',
  ].join('\n')
}
