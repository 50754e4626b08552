import { describe, expect, test } from 'vitest'
import { Profile, profileJsonSchema } from '#contract/profile.ts'
import { declaredWrite, forbidden } from '../../edge/modbus/deny.ts'
import { parseProfile } from '../../edge/profile/profile-text.ts'

const head = (id: string, status = 'documented'): string =>
  `schema: kordon-profile/1
id: ${id}
revision: 1
status: ${status}
products: [{brand: A, model: B}]
sources: [{title: a manual}]
caveats: [{text: not all is known}]
`

/** Devices of other kinds than those we ship yet: the format must be able to say what they are. */
const others = [
  {
    id: 'eletechsup-ryn404e',
    name: 'a relay that writes and reads different values and frees by cancelling a timer',
    status: 'experimental',
    body: `transport: {modbusRtu: {baud: 9600, parity: none, stopBits: 1, unitId: 1, timeoutMs: 300, minGapMs: 10}}
groups: {io: {everyMs: 500}}
readings: {drive: {group: io, address: 1, map: {0: free, 1: blocked}, capability: relay.drive}}
actions: {immobilizer: {write: {fc: 6, address: 1, values: {free: 0x0600, blocked: 0x0100}}, readBack: {reading: drive, withinMs: 500, tries: 3}}}
relay: {kind: monostable, onPowerLoss: released, rating: {volts: 28, amps: 10}}
deny: [{fc: [6, 16], values: [0x0300, 0x0400, 0x0500, [0x0601, 0x06FF], 0x0700, 0x0800]}, {fc: [6, 16], addresses: [0x0080, 0x0080]}]`,
  },
  {
    id: 'shelly-gen2',
    name: 'a relay on MQTT',
    body: `transport: {mqtt: {qos: 1}}
readings:
  drive: {topic: "status/switch:0", path: [output], map: {false: free, true: blocked}, capability: relay.drive}
  online: {topic: online, type: text, map: {"true": true, "false": false}, capability: device.online}
actions: {immobilizer: {publish: {topic: "command/switch:0", qos: 1, retain: false, values: {free: "off", blocked: "on"}}, readBack: {reading: drive, withinMs: 1000, tries: 3}}}
relay: {kind: latching, onPowerLoss: kept, rating: {volts: 30, amps: 10}}
deny: [{topic: "command/switch:0", payloads: [toggle]}, {topic: rpc}]`,
  },
  {
    id: 'owntracks-location',
    name: 'a telephone, whose speed is left out when zero',
    body: `transport: {mqtt: {qos: 1}}
readings:
  lat: {topic: location, path: [lat], when: {path: [_type], equals: location}, range: [-90, 90], capability: position.lat}
  lon: {topic: location, path: [lon], when: {path: [_type], equals: location}, range: [-180, 180], capability: position.lon}
  time: {topic: location, path: [tst], when: {path: [_type], equals: location}, unit: epoch, capability: position.time}
  speed: {topic: location, path: [vel], when: {path: [_type], equals: location}, absent: 0, range: [0, 300], capability: position.speed}
freshness: {position: {advances: time, maxAgeMs: 10000, rejectZero: true}}`,
  },
  {
    id: 'mobiltex-rmu5',
    name: 'doubles with the least significant word first, labels counted from one',
    body: `transport: {modbusTcp: {port: 502, unitId: 1, timeoutMs: 1000, addressBase: 1}}
groups: {fast: {everyMs: 1000, maxHole: 4}}
readings:
  lat: {group: fast, address: 705, type: float64, byteOrder: CDAB, range: [-90, 90], capability: position.lat}
  lon: {group: fast, address: 709, type: float64, byteOrder: CDAB, range: [-180, 180], capability: position.lon}
  fix: {group: fast, address: 725, type: bool, map: {false: none, true: 3d}, capability: position.fix}
freshness: {position: {maxAgeMs: 10000, rejectZero: true}}`,
  },
  {
    id: 'sunspec-305',
    name: 'time and date as two texts, integers of ten-millionths of a degree',
    body: `transport: {modbusTcp: {port: 502, unitId: 1, timeoutMs: 1000}}
groups: {fast: {everyMs: 1000, maxHole: 20}}
readings:
  time: {group: fast, address: 40002, type: ascii, count: 6, dateTime: {date: {address: 40008, count: 4, layout: YYYYMMDD}, time: {address: 40002, count: 6, layout: hhmmss.sss}}, capability: position.time}
  lat: {group: fast, address: 40032, type: int32, scale: 1.0e-7, range: [-90, 90], missing: [-2147483648], capability: position.lat}
  lon: {group: fast, address: 40034, type: int32, scale: 1.0e-7, range: [-180, 180], missing: [-2147483648], capability: position.lon}
freshness: {position: {advances: time, maxAgeMs: 10000, rejectZero: true}}`,
  },
  {
    id: 'victron-gx-gps',
    name: 'hundredths of a metre a second',
    body: `transport: {modbusTcp: {port: 502, unitId: 100, timeoutMs: 1000}}
groups: {fast: {everyMs: 1000}}
readings: {speed: {group: fast, address: 2805, scale: 0.01, unit: m/s, range: [0, 300], capability: position.speed}}`,
  },
]

describe('the format can say', () => {
  test.each(others)('$name ($id)', ({ id, status, body }) => {
    const read = parseProfile(`${head(id, status)}${body}\n`, `${id}.yaml`)
    expect(read.mistakes).toEqual([])
  })
})

test('a write is declared in wire addresses, whatever the profile counts from, and never by an experimental profile', () => {
  const [ryn] = others
  const read = parseProfile(`${head('eletechsup-ryn404e', 'experimental')}${ryn?.body}\n`, 'eletechsup-ryn404e.yaml')
  if (!('profile' in read)) throw new Error('refused')
  const free = declaredWrite(read.profile, 'free')
  expect(free).toEqual({ kind: 'write', fc: 6, address: 1, value: 0x0600 })
  expect(forbidden(read.profile, 1, { fc: 6, address: 1, value: 0x0600 })).toMatch(/experimental/)
  expect(forbidden({ ...read.profile, status: 'documented' }, 1, { fc: 6, address: 1, value: 0x0600 })).toBeUndefined()
  const based = {
    ...read.profile,
    transport: { modbusTcp: { port: 502, unitId: 1, timeoutMs: 300, addressBase: 1 as const } },
  }
  expect(declaredWrite(Profile.parse(based), 'free')).toMatchObject({ address: 0 })
})

test('a retained command is not part of the format', () => {
  const shelly = others.find(({ id }) => id === 'shelly-gen2')?.body.replace('retain: false', 'retain: true')
  const read = parseProfile(`${head('shelly-gen2')}${shelly}\n`, 'shelly-gen2.yaml')
  expect(read.mistakes).toEqual([expect.objectContaining({ path: 'actions.immobilizer.publish.retain' })])
})

test('editors get a schema that closes every object', () => {
  const schema = profileJsonSchema()
  expect(schema).toMatchObject({ title: 'Kordon device profile', additionalProperties: false, type: 'object' })
})
