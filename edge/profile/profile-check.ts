import type { Profile, Unit } from '#contract/profile.ts'
import { declaredWrite, denies, registerDenials } from '../modbus/deny.ts'
import { registerReadings } from '../modbus/register-plan.ts'
import { shapeOf } from '../modbus/register-value.ts'
import { type Mistake, when } from './mistake.ts'
import { checkDenials, checkOverlaps, checkRegister } from './register-check.ts'
import { checkPublish, checkRequests, checkTopics } from './topic-check.ts'

type Check = (profile: Profile) => readonly Mistake[]

const NEEDS: readonly (readonly [string, readonly (keyof Profile['transport'])[], string])[] = [
  ['address', ['modbusTcp', 'modbusRtu'], 'a register needs transport modbusTcp or modbusRtu'],
  ['topic', ['mqtt'], 'a topic needs transport mqtt'],
  ['field', ['nmea', 'gpsd'], 'a field of a fix needs transport nmea or gpsd'],
]

const checkTransport: Check = (profile) => [
  ...when(Object.keys(profile.transport).length === 0, ['transport'], 'names no transport'),
  ...when(Object.keys(profile.readings).length === 0, ['readings'], 'has no readings'),
  ...Object.entries(profile.readings).flatMap(([name, reading]) =>
    NEEDS.flatMap(([key, transports, reason]) =>
      when(
        key in reading && transports.every((one) => profile.transport[one] === undefined),
        ['readings', name],
        reason,
      ),
    ),
  ),
]

const checkGroups: Check = (profile) => {
  const used = new Set(registerReadings(profile).map(([, reading]) => reading.group))
  return [
    ...registerReadings(profile).flatMap(([name, reading]) =>
      when(
        profile.groups?.[reading.group] === undefined,
        ['readings', name, 'group'],
        `no such group: ${reading.group}`,
      ),
    ),
    ...Object.keys(profile.groups ?? {}).flatMap((name) =>
      when(!used.has(name), ['groups', name], 'no reading belongs to this group'),
    ),
  ]
}

const WORDS: Readonly<Record<string, readonly (string | boolean)[]>> = {
  ignition: [true, false],
  motion: [true, false],
  'device.online': [true, false],
  'relay.drive': ['free', 'blocked'],
  'relay.sense': ['free', 'blocked'],
  'position.fix': ['none', '2d', '3d'],
  'position.trust': ['ok', 'suspect', 'jammed'],
}

const SPEEDS: readonly Unit[] = ['km/h', 'kn', 'm/s', 'mph']
/** Units that become the house's own; in another one the number would be taken as it stands. */
const UNITS: Readonly<Record<string, readonly Unit[]>> = {
  'position.lat': ['deg'],
  'position.lon': ['deg'],
  'position.course': ['deg'],
  'position.speed': SPEEDS,
  'vehicle.speed': SPEEDS,
  'position.altitude': ['m'],
  'position.accuracy': ['m'],
  'position.time': ['epoch'],
  clock: ['epoch'],
  odometer: ['km', '0.1 km', 'mi'],
  'engine.hours': ['h'],
  'supply.voltage': ['V', 'mV'],
}

const checkReadings: Check = (profile) => {
  const seen = new Set<string>()
  return Object.entries(profile.readings).flatMap(([name, reading]) => {
    const { capability, map, range, scale, unit } = reading
    const path = ['readings', name]
    const isTwice = capability !== undefined && seen.has(capability)
    if (capability !== undefined) seen.add(capability)
    const words = WORDS[capability ?? '']
    const units = UNITS[capability ?? '']
    const isPlace = capability === 'position.lat' || capability === 'position.lon'
    return [
      ...('address' in reading ? checkRegister(profile, name, reading) : []),
      ...when(isTwice, [...path, 'capability'], `another reading is ${capability} already`),
      ...when(range !== undefined && range[0] >= range[1], [...path, 'range'], 'the lower limit comes first'),
      ...when(scale === 0, [...path, 'scale'], 'makes 0 of every value'),
      ...when(
        units !== undefined && unit !== undefined && !units.includes(unit),
        [...path, 'unit'],
        `${capability} comes in ${units?.join(', ')}`,
      ),
      ...when(isPlace && range === undefined, path, `${capability} needs a range`),
      ...Object.entries(map ?? {}).flatMap(([raw, value]) =>
        when(
          words !== undefined && typeof value !== 'number' && !words.includes(value),
          [...path, 'map', raw],
          `${capability} knows only ${words?.join(', ')}`,
        ),
      ),
    ]
  })
}

const checkFreshness: Check = (profile) => {
  const rule = profile.freshness?.position
  const placed = Object.entries(profile.readings).filter(([, { capability }]) =>
    ['position.lat', 'position.lon'].includes(capability ?? ''),
  )
  const [[name = ''] = []] = placed
  if (placed.length === 1) return when(true, ['readings', name], 'a place takes both position.lat and position.lon')
  if (rule === undefined) {
    const reason = 'a position needs freshness.position: without it a receiver that hangs would look alive'
    return when(placed.length > 0, ['readings', name], reason)
  }
  if (rule.advances === undefined) {
    const hasFix = Object.values(profile.readings).some(({ capability }) => capability === 'position.fix')
    const reason = 'names no fix time that advances, so it needs a reading that is position.fix, or rejectZero'
    return when(!hasFix && rule.rejectZero !== true, ['freshness', 'position'], reason)
  }
  const path = ['freshness', 'position', 'advances']
  const reading = profile.readings[rule.advances]
  if (reading === undefined) return when(true, path, `no such reading: ${rule.advances}`)
  const group = 'group' in reading ? reading.group : undefined
  return [
    ...when(reading.capability !== 'position.time', path, 'must name the reading that is position.time'),
    ...Object.entries(profile.readings).flatMap(([name, other]) =>
      when(
        other.capability?.startsWith('position.') === true && 'group' in other && other.group !== group,
        ['readings', name, 'group'],
        `judged by ${rule.advances}, so it is read with it, in group ${group}`,
      ),
    ),
  ]
}

const checkCaveats: Check = (profile) => [
  ...when(
    profile.status === 'experimental' && (profile.caveats ?? []).length === 0,
    ['status'],
    'an experimental profile says in a caveat what is not known',
  ),
  ...(profile.caveats ?? []).flatMap((caveat, index) => [
    ...when(
      caveat.evidence === false && (caveat.readings ?? []).length === 0,
      ['caveats', index, 'evidence'],
      'names the readings that are no evidence',
    ),
    ...(caveat.readings ?? []).flatMap((name, at) =>
      when(profile.readings[name] === undefined, ['caveats', index, 'readings', at], `no such reading: ${name}`),
    ),
  ]),
]

const checkAction: Check = (profile) => {
  const action = profile.actions?.immobilizer
  if (action === undefined) return []
  const path = ['actions', 'immobilizer']
  const readBack = profile.readings[action.readBack.reading]
  const words = new Set(Object.values(readBack?.map ?? {}))
  const values = 'write' in action ? action.write.values : action.publish.values
  const kind = 'write' in action ? 'write' : 'publish'
  return [
    ...when(values.free === values.blocked, [...path, kind, 'values'], 'free and blocked are the same value'),
    ...when(readBack === undefined, [...path, 'readBack', 'reading'], `no such reading: ${action.readBack.reading}`),
    ...when(
      readBack !== undefined && !(words.size === 2 && words.has('free') && words.has('blocked')),
      ['readings', action.readBack.reading],
      'is read back, so its map gives exactly the words free and blocked',
    ),
    ...when(
      readBack !== undefined && readBack.capability !== 'relay.drive',
      ['readings', action.readBack.reading],
      'is read back, so its capability is relay.drive',
    ),
    ...when(
      profile.relay !== undefined && (profile.relay.kind === 'latching') !== (profile.relay.onPowerLoss === 'kept'),
      ['relay', 'onPowerLoss'],
      'a monostable relay is released when its power is lost, a latching one keeps where it is',
    ),
    ...when(profile.relay === undefined, path, 'an immobilizer needs the section relay (kind, onPowerLoss, rating)'),
    ...('write' in action ? checkWrite(profile, action.write.fc, values) : checkPublish(profile, action.publish)),
  ]
}

function checkWrite(profile: Profile, fc: number, values: object): readonly Mistake[] {
  const path = ['actions', 'immobilizer', 'write']
  const isModbus = profile.transport.modbusTcp !== undefined || profile.transport.modbusRtu !== undefined
  const readBack = profile.readings[profile.actions?.immobilizer.readBack.reading ?? '']
  const table = readBack !== undefined && 'address' in readBack ? shapeOf(readBack, profile.defaults).table : undefined
  return [
    ...when(!isModbus, path, 'a write needs transport modbusTcp or modbusRtu'),
    ...when(
      table === (fc === 5 ? 'holding' : 'coil'),
      [...path, 'fc'],
      fc === 5
        ? 'function 5 writes a coil, but a holding register is read back'
        : `function ${fc} writes a holding register, but a coil is read back; coils take 5`,
    ),
    ...Object.entries(values).flatMap(([word, value]) =>
      when(
        fc === 5 && value !== 0 && value !== 0xff00,
        [...path, 'values', word],
        'function 5 writes 0x0000 or 0xFF00 only',
      ),
    ),
    ...(['free', 'blocked'] as const).flatMap((word) => {
      const write = declaredWrite(profile, word)
      const isDenied = write !== undefined && registerDenials(profile).some((denial) => denies(denial, write))
      return when(isDenied, [...path, 'values', word], `the deny-list of this profile forbids this write (${word})`)
    }),
  ]
}

const BAUDS = [
  1200, 2400, 4800, 9600, 14_400, 19_200, 28_800, 38_400, 57_600, 115_200, 128_000, 230_400, 256_000, 460_800, 921_600,
]

const checkSpeed: Check = ({ transport }) =>
  (['modbusRtu', 'nmea'] as const).flatMap((kind) => {
    const baud = transport[kind]?.baud
    const reason = `${baud} is no speed of serial ports; these are ${BAUDS.join(', ')}`
    return when(baud !== undefined && !BAUDS.includes(baud), ['transport', kind, 'baud'], reason)
  })

const checkIdentify: Check = ({ identify }) =>
  (['length', 'range'] as const).flatMap((key) => {
    const [low, high] = identify?.accept[key] ?? [0, 0]
    return when(low > high, ['identify', 'accept', key], 'the lower limit comes first')
  })

const CHECKS: readonly Check[] = [
  checkTransport,
  checkSpeed,
  checkIdentify,
  checkGroups,
  checkReadings,
  checkOverlaps,
  checkTopics,
  checkRequests,
  checkFreshness,
  checkCaveats,
  checkAction,
  checkDenials,
]

/** Pure. What a well-formed profile still has wrong: each mistake with its place in the document. */
export const profileMistakes = (profile: Profile): readonly Mistake[] => CHECKS.flatMap((check) => check(profile))
