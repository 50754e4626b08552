import { millis } from '#contract/instant.ts'
import type { Profile } from '#contract/profile.ts'
import { isDenied } from '../local-bus/bus-access.ts'
import { declaredWrite, denies, forbidden, registerDenials } from '../modbus/deny.ts'
import { mbapFrame, rtuFrame } from '../modbus/modbus-frame.ts'
import { encodeRequest, type ModbusRequest, readOf } from '../modbus/modbus-pdu.ts'
import { planGroup } from '../modbus/register-plan.ts'
import { mistakesOfIssues } from '../profile/issue-text.ts'
import { type Mistake, when } from '../profile/mistake.ts'
import { aged, ageLimit, readingPeriod } from '../profile/quality-age.ts'
import type { Reading } from '../profile/reading.ts'
import { type FileMistake, readYaml } from '../profile/yaml-text.ts'
import { type Expectation, type Expected, type NeverSent, type Poll, Samples, type Write } from './sample.ts'
import { bytesOf, type Played, playSample } from './sample-run.ts'

type Path = readonly (string | number)[]

/** Pure. Holds a profile against the text of its samples; answers every mistake with its line. */
export function checkSamples(profile: Profile, text: string, file: string): readonly FileMistake[] {
  const yaml = readYaml(text, file)
  if (yaml.kind === 'broken') return yaml.mistakes
  const parsed = Samples.safeParse(yaml.value)
  return yaml.place(
    parsed.success ? sampleMistakes(profile, parsed.data) : mistakesOfIssues(parsed.error.issues, Samples),
  )
}

function sampleMistakes(profile: Profile, samples: Samples): readonly Mistake[] {
  const mistakes: Mistake[] = []
  const played = samples.samples.flatMap((sample, index) => {
    const path = ['samples', index]
    try {
      const steps = playSample(profile, sample, Date.parse(samples.notBefore))
      mistakes.push(...steps.flatMap((step, at) => checkStep(profile, step, [...path, 'steps', at])))
      return steps
    } catch (cause) {
      mistakes.push({ path, reason: cause instanceof Error ? cause.message : String(cause) })
      return []
    }
  })
  return [
    ...when(samples.profile !== profile.id, ['profile'], `these are samples of another profile than ${profile.id}`),
    ...mistakes,
    ...checkCoverage(profile, samples, played),
    ...(samples.reads ?? []).flatMap((poll, index) => checkPoll(profile, poll, ['reads', index])),
    ...checkWrites(profile, samples.writes),
    ...(samples.neverSent ?? []).flatMap((one, index) => checkNeverSent(profile, one, ['neverSent', index])),
  ]
}

function checkStep(profile: Profile, { step, readings, steadyAt }: Played, path: Path): readonly Mistake[] {
  const later = (step.later ?? []).flatMap(({ afterMs, expect }, index) => {
    const now = millis(steadyAt + afterMs)
    const old = readings.map((one) => aged(one, now, ageLimit(one.capability, readingPeriod(profile, one.name))))
    return checkExpectation(profile, old, expect, [...path, 'later', index, 'expect'])
  })
  return [
    ...when(Object.keys(step.expect).length === 0, [...path, 'expect'], 'expects nothing'),
    ...checkExpectation(profile, readings, step.expect, [...path, 'expect']),
    ...later,
  ]
}

function checkExpectation(
  profile: Profile,
  readings: readonly Reading[],
  expectation: Expectation,
  path: Path,
): readonly Mistake[] {
  return Object.entries(expectation).flatMap(([name, expected]) => {
    const reading = readings.find((one) => one.name === name)
    if (profile.readings[name] === undefined) return when(true, [...path, name], `no such reading: ${name}`)
    if (reading === undefined) return when(true, [...path, name], 'this step gives no such reading')
    const wanted = { evidence: profile.status !== 'experimental', ...expected }
    return when(!isAsExpected(reading, wanted), [...path, name], `expected ${said(wanted)}, but it is ${said(reading)}`)
  })
}

/** Degrees of a float32 are coarser than this; everything else is exact. */
const TOLERANCE = 5e-6

const isAsExpected = (reading: Reading, expected: Expected & { readonly evidence: boolean }): boolean =>
  reading.quality === expected.quality &&
  reading.reason === expected.reason &&
  reading.evidence === expected.evidence &&
  (typeof expected.value === 'number' && typeof reading.value === 'number'
    ? Math.abs(reading.value - expected.value) < TOLERANCE
    : reading.value === expected.value)

const said = ({ value, quality, reason, evidence }: Omit<Expected, 'reason'> & { readonly reason?: string }): string =>
  [
    value === undefined ? undefined : JSON.stringify(value),
    quality,
    reason === undefined ? undefined : `(${reason})`,
    evidence === false ? 'no evidence' : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(' ')

/** A profile is shown at its best and at its worst, and every reading at least once as good. */
function checkCoverage(profile: Profile, samples: Samples, played: readonly Played[]): readonly Mistake[] {
  const expected = samples.samples.flatMap(({ steps }) =>
    steps.flatMap((step) =>
      [step.expect, ...(step.later ?? []).map((one) => one.expect)].flatMap(Object.values<Expected>),
    ),
  )
  const qualities = new Set(expected.map(({ quality }) => quality))
  const isSilent = expected.some(({ reason }) => reason === 'missing' || reason === 'timeout' || reason === 'offline')
  const good = new Set(
    played.flatMap(({ readings }) => readings.filter(({ quality }) => quality === 'good').map(({ name }) => name)),
  )
  return [
    ...(['good', 'bad', 'stale'] as const).flatMap((quality) =>
      when(!qualities.has(quality), ['samples'], `no sample expects a reading that is ${quality}`),
    ),
    ...when(!isSilent, ['samples'], 'no sample shows a value that is missing or a device that is silent'),
    ...Object.keys(profile.readings).flatMap((name) =>
      when(!good.has(name), ['samples'], `no sample makes ${name} a good reading`),
    ),
  ]
}

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')

const unitOf = ({ transport }: Profile): number => transport.modbusTcp?.unitId ?? transport.modbusRtu?.unitId ?? 1

const baseOf = ({ transport }: Profile): number =>
  transport.modbusTcp?.addressBase ?? transport.modbusRtu?.addressBase ?? 0

/** On the line, framed like the sample it is compared with: on TCP with the sample's own transaction number. */
function framed(profile: Profile, request: ModbusRequest, like: { rtu: string } | { mbap: string }): string {
  const pdu = encodeRequest(request)
  if ('rtu' in like) return hex(rtuFrame(unitOf(profile), pdu))
  const [high = 0, low = 0] = bytesOf(like.mbap)
  return hex(mbapFrame(high * 256 + low, unitOf(profile), pdu))
}

function checkPoll(profile: Profile, poll: Poll, path: Path): readonly Mistake[] {
  const limit = profile.transport.modbusTcp?.maxRegisters ?? profile.transport.modbusRtu?.maxRegisters ?? 125
  const kind = 'rtu' in poll ? 'rtu' : 'mbap'
  const frames = 'rtu' in poll ? poll.rtu : poll.mbap
  const asked = planGroup(profile, poll.group, limit).map(({ table, address, count }, index) => {
    const request = readOf(table, address - baseOf(profile), count)
    const frame = frames[index] ?? '00 00'
    return framed(profile, request, kind === 'rtu' ? { rtu: frame } : { mbap: frame })
  })
  return when(
    asked.join() !== frames.join(),
    [...path, kind],
    `group ${poll.group} asks ${asked.join(', ') || 'nothing'}`,
  )
}

function checkWrites(profile: Profile, writes: Samples['writes']): readonly Mistake[] {
  if ((writes === undefined) !== (profile.actions === undefined))
    return when(true, ['writes'], 'exactly a profile with an action says here what it writes for free and blocked')
  return (['free', 'blocked'] as const).flatMap((drive) => {
    const expected = writes?.[drive]
    const sent = expected === undefined ? undefined : sentFor(profile, drive, expected)
    return when(sent !== JSON.stringify(expected), ['writes', drive], `${drive} is written as ${sent}`)
  })
}

function sentFor(profile: Profile, drive: 'free' | 'blocked', like: Write): string | undefined {
  const action = profile.actions?.immobilizer
  if (action !== undefined && 'publish' in action)
    return JSON.stringify({ topic: action.publish.topic, payload: action.publish.values[drive] })
  const write = declaredWrite(profile, drive)
  if (write === undefined) return undefined
  if ('mbap' in like) return JSON.stringify({ mbap: framed(profile, write, like) })
  return JSON.stringify({ rtu: framed(profile, write, 'rtu' in like ? like : { rtu: '' }) })
}

/** Must be refused by the deny-list alone, as if it were a declared action. */
function checkNeverSent(profile: Profile, one: NeverSent, path: Path): readonly Mistake[] {
  const isListed =
    'topic' in one
      ? isDenied(profile, one.topic, one.payload)
      : registerDenials(profile).some((denial) => denies(denial, one))
  const mayBeSent = 'fc' in one && forbidden(profile, unitOf(profile), one) === undefined
  return [
    ...when(!isListed, path, `the deny-list of the profile does not forbid ${one.name}`),
    ...when(mayBeSent, path, `${one.name} is a declared action`),
  ]
}
