import type { Profile, RegisterReading } from '#contract/profile.ts'
import { declaredWrite, denies, registerDenials } from '../modbus/deny.ts'
import { registerReadings, spansOf } from '../modbus/register-plan.ts'
import { shapeOf, widthOf } from '../modbus/register-value.ts'
import { type Mistake, when } from './mistake.ts'
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

function checkRegister(profile: Profile, name: string, reading: RegisterReading): readonly Mistake[] {
  const { table, type, order, count } = shapeOf(reading, profile.defaults)
  const path = ['readings', name]
  const base = profile.transport.modbusTcp?.addressBase ?? profile.transport.modbusRtu?.addressBase ?? 0
  const most = Math.min(
    profile.transport.modbusTcp?.maxRegisters ?? 125,
    profile.transport.modbusRtu?.maxRegisters ?? 125,
  )
  const isBits = table === 'coil' || table === 'discrete'
  const isText = widthOf(type) === undefined
  const fields = Array.isArray(reading.dateTime) ? reading.dateTime : undefined
  return [
    ...spansOf(reading, profile.defaults).flatMap((span) => [
      ...when(span.address - base + span.count > 65_536, [...path, 'address'], 'reaches beyond address 65535'),
      ...when(span.address < base, [...path, 'address'], `addresses of this profile start at ${base}`),
      ...when(!isBits && span.count > most, [...path, 'count'], `${span.count} registers, but maxRegisters is ${most}`),
    ]),
    ...when(isText && reading.count === undefined, path, `type ${type} needs a count of registers`),
    ...when(!isText && reading.count !== undefined && reading.count !== count, [...path, 'count'], `takes ${count}`),
    ...when(isBits && type !== 'bool', [...path, 'type'], 'a coil or discrete input is a bool'),
    ...when(reading.bit !== undefined && type !== 'uint16', [...path, 'bit'], 'one bit can be taken of a uint16 only'),
    ...when(
      reading.byteOrder === 'auto' && (type !== 'float32' || reading.range === undefined),
      [...path, 'byteOrder'],
      'auto is for float32 with a range: the order is found out by plausible values',
    ),
    ...when(
      order === 'auto' && reading.byteOrder === undefined && type === 'float32' && reading.range === undefined,
      path,
      'byteOrder auto needs a range',
    ),
    ...when(fields !== undefined && new Set(fields).size !== 6, [...path, 'dateTime'], 'names a part twice'),
    ...when(fields !== undefined && type !== 'uint16', [...path, 'type'], 'parts of a date are uint16'),
    ...when(
      typeof reading.dateTime === 'string' && type !== 'ascii',
      [...path, 'type'],
      'a date layout reads a text: type ascii',
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

const checkReadings: Check = (profile) => {
  const seen = new Set<string>()
  return Object.entries(profile.readings).flatMap(([name, reading]) => {
    const { capability, map, range } = reading
    const path = ['readings', name]
    const isTwice = capability !== undefined && seen.has(capability)
    if (capability !== undefined) seen.add(capability)
    const words = WORDS[capability ?? '']
    const isPlace = capability === 'position.lat' || capability === 'position.lon'
    return [
      ...('address' in reading ? checkRegister(profile, name, reading) : []),
      ...when(isTwice, [...path, 'capability'], `another reading is ${capability} already`),
      ...when(range !== undefined && range[0] >= range[1], [...path, 'range'], 'the lower limit comes first'),
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
  if (rule === undefined) return []
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
    ...when(profile.relay === undefined, path, 'an immobilizer needs the section relay (kind, onPowerLoss, rating)'),
    ...('write' in action ? checkWrite(profile, action.write.fc, values) : checkPublish(profile, action.publish)),
  ]
}

function checkWrite(profile: Profile, fc: number, values: object): readonly Mistake[] {
  const path = ['actions', 'immobilizer', 'write']
  const isModbus = profile.transport.modbusTcp !== undefined || profile.transport.modbusRtu !== undefined
  return [
    ...when(!isModbus, path, 'a write needs transport modbusTcp or modbusRtu'),
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

const CHECKS: readonly Check[] = [
  checkTransport,
  checkGroups,
  checkReadings,
  checkTopics,
  checkRequests,
  checkFreshness,
  checkCaveats,
  checkAction,
]

/** Pure. What a well-formed profile still has wrong: each mistake with its place in the document. */
export const profileMistakes = (profile: Profile): readonly Mistake[] => CHECKS.flatMap((check) => check(profile))
