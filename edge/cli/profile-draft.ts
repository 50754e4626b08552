import { mbapFrame, rtuFrame } from '../modbus/modbus-frame.ts'
import { encodeRequest, readOf } from '../modbus/modbus-pdu.ts'
import { nmeaChecksum } from '../nmea/nmea-sentence.ts'

export const TRANSPORTS = ['modbus-tcp', 'modbus-rtu', 'mqtt', 'nmea', 'gpsd'] as const
export type DraftTransport = (typeof TRANSPORTS)[number]
export const KINDS = ['relay', 'gps', 'inputs'] as const
export type DraftKind = (typeof KINDS)[number]

/** What is asked before a profile can be begun. */
export type Draft = {
  readonly brand: string
  readonly model: string
  readonly transport: DraftTransport
  readonly kind: DraftKind
  /** Where the numbers are to come from. */
  readonly source: string
  /** Today, YYYY-MM-DD. */
  readonly today: string
}

/** Pure. Receivers of sentences and of gpsd are GPS units and nothing else. */
export const kindsOf = (transport: DraftTransport): readonly DraftKind[] =>
  transport === 'nmea' || transport === 'gpsd' ? ['gps'] : KINDS

const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')

/** Pure. `<vendor>-<model>`; empty where either has no letter or digit that an id may have. */
export const idOf = ({ brand, model }: Pick<Draft, 'brand' | 'model'>): string =>
  slug(brand) === '' || slug(model) === '' ? '' : `${slug(brand)}-${slug(model)}`

const TRANSPORT_LINES: Readonly<Record<DraftTransport, string>> = {
  'modbus-tcp': 'modbusTcp: { port: 502, unitId: 1, timeoutMs: 1000, minGapMs: 20 }',
  'modbus-rtu':
    'modbusRtu: { baud: 9600, parity: none, stopBits: 1, unitId: 1, timeoutMs: 300, minTimeoutMs: 150, minGapMs: 10 }',
  mqtt: 'mqtt: { qos: 1 }',
  nmea: 'nmea: { baud: 9600, parity: none, stopBits: 1, port: 10110 }',
  gpsd: 'gpsd: { port: 2947 }',
}

/** Pure. A profile that passes its check, and samples that hold: a beginning, every number of which is to be replaced. */
export function draftProfile(draft: Draft): {
  readonly id: string
  readonly profile: string
  readonly samples: string
} {
  const id = idOf(draft)
  const body = bodyOf(draft)
  const profile = `# yaml-language-server: $schema=profile.schema.json
schema: kordon-profile/1
id: ${id}
revision: 1
# experimental (reads only, never evidence) until the numbers below are the maker's; then documented.
status: experimental
products:
  - { brand: ${JSON.stringify(draft.brand)}, model: ${JSON.stringify(draft.model)} }
sources:
  - { title: ${JSON.stringify(draft.source)}, retrieved: ${draft.today} }
caveats:
  - { text: "A beginning: addresses, topics and values stand for the device's own until each has been checked." }
transport:
  ${TRANSPORT_LINES[draft.transport]}
${body.profile}`
  const samples = `# Made up, to be replaced by what a device really said.
schema: kordon-profile-samples/1
profile: ${id}
notBefore: 2026-01-01
samples:
${body.samples}`
  return { id, profile, samples }
}

type Body = { readonly profile: string; readonly samples: string }

function bodyOf({ transport, kind }: Draft): Body {
  if (transport === 'nmea' || transport === 'gpsd') return receiver(transport)
  if (transport === 'mqtt') return kind === 'relay' ? mqttRelay : kind === 'gps' ? mqttGps : mqttInputs
  return kind === 'relay' ? modbusRelay(transport) : kind === 'gps' ? modbusGps : modbusInputs
}

const hex = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ')

function modbusRelay(transport: 'modbus-tcp' | 'modbus-rtu'): Body {
  const kind = transport === 'modbus-tcp' ? 'mbap' : 'rtu'
  const frame = (pdu: Uint8Array): string => hex(kind === 'mbap' ? mbapFrame(1, 1, pdu) : rtuFrame(1, pdu))
  const write = (value: number): string => frame(encodeRequest({ kind: 'write', fc: 5, address: 0, value }))
  return {
    profile: `groups:
  io: { everyMs: 500 }
readings:
  drive: { group: io, table: coil, address: 0x0000, map: { 0: free, 1: blocked }, capability: relay.drive }
actions:
  immobilizer:
    write: { fc: 5, address: 0x0000, values: { free: 0x0000, blocked: 0xFF00 } }
    readBack: { reading: drive, withinMs: 500, tries: 3 }
relay: { kind: monostable, onPowerLoss: released, rating: { volts: 30, amps: 10 } }
deny:
  # Toggle, many at once, and everything that is not a single coil: name the device's own here.
  - { fc: [5], values: [0x5500] }
  - { fc: [6, 15, 16, 22, 23] }
`,
    samples: `  - name: off, on, and silent
    steps:
      - afterMs: 0
        answers: [{ table: coil, address: 0, words: "0000" }]
        expect: { drive: { value: free, quality: good } }
        later: [{ afterMs: 3001, expect: { drive: { value: free, quality: stale, reason: old } } }]
      - afterMs: 500
        answers: [{ table: coil, address: 0, words: "0001" }]
        expect: { drive: { value: blocked, quality: good } }
      - afterMs: 500
        answers: [{ table: coil, address: 0, count: 1, fails: timeout }]
        expect: { drive: { quality: bad, reason: timeout } }
reads:
  - { group: io, ${kind}: ["${frame(encodeRequest(readOf('coil', 0, 1)))}"] }
writes:
  free: { ${kind}: "${write(0)}" }
  blocked: { ${kind}: "${write(0xff00)}" }
neverSent:
  - { name: toggle, fc: 5, address: 0x0000, value: 0x5500 }
  - { name: write mask, fc: 15, address: 0x0000, value: 0xFF }
`,
  }
}

const FIX_TIME = 1_795_294_715
const words = (value: number): string =>
  hex(Uint8Array.from([24, 16, 8, 0].map((by) => (value >> by) & 0xff))).replaceAll(' ', '')

const modbusGps: Body = {
  profile: `defaults: { table: holding, byteOrder: ABCD }
groups:
  fast: { everyMs: 1000, maxHole: 8 }
readings:
  lat: { group: fast, address: 0, type: int32, scale: 1.0e-7, range: [-90, 90], capability: position.lat }
  lon: { group: fast, address: 2, type: int32, scale: 1.0e-7, range: [-180, 180], capability: position.lon }
  fixTime: { group: fast, address: 4, type: uint32, unit: epoch, missing: [0], capability: position.time }
  speed: { group: fast, address: 6, type: uint16, scale: 0.1, unit: km/h, range: [0, 300], capability: position.speed }
freshness:
  position: { advances: fixTime, maxAgeMs: 10000, rejectZero: true }
deny:
  # A receiver: nothing in it is ever written.
  - { fc: [5, 6, 15, 16, 22, 23] }
`,
  samples: `  - name: a fix counts once its time has moved
    steps:
      - afterMs: 0
        answers: [{ table: holding, address: 0, words: "${words(557512440)} ${words(376184230)} ${words(FIX_TIME)} 01F4" }]
        expect: { lat: { value: 55.751244, quality: stale, reason: not-advancing } }
      - afterMs: 1000
        answers: [{ table: holding, address: 0, words: "${words(557512440)} ${words(376184230)} ${words(FIX_TIME + 1)} 01F4" }]
        expect:
          lat: { value: 55.751244, quality: good }
          lon: { value: 37.618423, quality: good }
          fixTime: { value: ${(FIX_TIME + 1) * 1000}, quality: good }
          speed: { value: 50, quality: good }
      - afterMs: 1000
        answers: [{ table: holding, address: 0, words: "${words(0)} ${words(0)} ${words(0)} 0000" }]
        expect: { fixTime: { quality: bad, reason: missing } }
neverSent:
  - { name: a setting, fc: 6, address: 0x0000, value: 1 }
`,
}

const modbusInputs: Body = {
  profile: `groups:
  io: { everyMs: 500 }
readings:
  # What an input means (ignition, sense, motion) is decided by the installation.
  input1: { group: io, table: discrete, address: 0x0000, debounceMs: 500 }
  input2: { group: io, table: discrete, address: 0x0001, debounceMs: 500 }
deny:
  - { fc: [5, 6, 15, 16, 22, 23] }
`,
  samples: `  - name: one on, then silent
    steps:
      - afterMs: 0
        answers: [{ table: discrete, address: 0, words: "0001 0000" }]
        expect: { input1: { value: true, quality: good }, input2: { value: false, quality: good } }
        later: [{ afterMs: 3001, expect: { input1: { value: true, quality: stale, reason: old } } }]
      - afterMs: 500
        answers: [{ table: discrete, address: 0, count: 2, fails: timeout }]
        expect: { input1: { quality: bad, reason: timeout } }
neverSent:
  - { name: a setting, fc: 6, address: 0x0000, value: 1 }
`,
}

const ONLINE = `  online: { topic: online, type: text, map: { "true": true, "false": false }, capability: device.online }
`
const mqttRelay: Body = {
  profile: `readings:
  # Topics are relative: the unit's own prefix comes from pairing.
  drive: { topic: status/relay, path: [output], map: { false: free, true: blocked }, capability: relay.drive }
${ONLINE}actions:
  immobilizer:
    publish: { topic: command/relay, qos: 1, retain: false, values: { free: "off", blocked: "on" } }
    readBack: { reading: drive, withinMs: 1000, tries: 3 }
relay: { kind: monostable, onPowerLoss: released, rating: { volts: 30, amps: 10 } }
deny:
  - { topic: command/relay, payloads: [toggle] }
`,
  samples: `  - name: off, on, damaged, gone
    steps:
      - afterMs: 0
        messages: [{ topic: online, payload: "true" }, { topic: status/relay, payload: '{"output":false}' }]
        expect: { online: { value: true, quality: good }, drive: { value: free, quality: good } }
      - afterMs: 500
        messages: [{ topic: status/relay, payload: '{"output":true}' }]
        expect: { drive: { value: blocked, quality: good } }
      - afterMs: 500
        messages: [{ topic: status/relay, payload: "{}" }]
        expect: { drive: { quality: bad, reason: missing } }
      - afterMs: 500
        messages: [{ topic: status/relay, payload: '{"output":true}' }, { topic: online, payload: "false" }]
        expect: { drive: { value: blocked, quality: stale, reason: offline } }
writes:
  free: { topic: command/relay, payload: "off" }
  blocked: { topic: command/relay, payload: "on" }
neverSent:
  - { name: toggle, topic: command/relay, payload: toggle }
`,
}

const mqttGps: Body = {
  profile: `readings:
  # Topics are relative: the unit's own prefix comes from pairing.
  lat: { topic: position, path: [lat], range: [-90, 90], capability: position.lat }
  lon: { topic: position, path: [lon], range: [-180, 180], capability: position.lon }
  fixTime: { topic: position, path: [time], unit: epoch, capability: position.time }
  speed: { topic: position, path: [speed], unit: km/h, range: [0, 300], capability: position.speed }
${ONLINE}freshness:
  position: { advances: fixTime, maxAgeMs: 10000, rejectZero: true }
`,
  samples: `  - name: a fix counts once its time has moved
    steps:
      - afterMs: 0
        messages:
          - { topic: online, payload: "true" }
          - { topic: position, payload: '{"lat":55.751244,"lon":37.618423,"time":${FIX_TIME},"speed":50}' }
        expect: { lat: { value: 55.751244, quality: stale, reason: not-advancing } }
      - afterMs: 1000
        messages: [{ topic: position, payload: '{"lat":55.751244,"lon":37.618423,"time":${FIX_TIME + 1},"speed":50}' }]
        expect:
          lat: { value: 55.751244, quality: good }
          lon: { value: 37.618423, quality: good }
          fixTime: { value: ${(FIX_TIME + 1) * 1000}, quality: good }
          speed: { value: 50, quality: good }
      - afterMs: 1000
        messages: [{ topic: position, payload: "{}" }]
        expect: { lat: { quality: bad, reason: missing } }
`,
}

const mqttInputs: Body = {
  profile: `readings:
  # Topics are relative: the unit's own prefix comes from pairing. What an input means is decided by the installation.
  input1: { topic: input/0, type: text, map: { 0: false, 1: true }, debounceMs: 500 }
${ONLINE}`,
  samples: `  - name: on, damaged, gone
    steps:
      - afterMs: 0
        messages: [{ topic: online, payload: "true" }, { topic: input/0, payload: "1" }]
        expect: { input1: { value: true, quality: good } }
      - afterMs: 500
        messages: [{ topic: input/0, payload: "" }]
        expect: { input1: { quality: bad, reason: missing } }
      - afterMs: 500
        messages: [{ topic: input/0, payload: "1" }, { topic: online, payload: "false" }]
        expect: { input1: { value: true, quality: stale, reason: offline } }
`,
}

const sentence = (body: string): string => `$${body}*${nmeaChecksum(body)}`
const GSA = sentence('GPGSA,A,3,02,04,07,09,11,16,20,23,27,,,,1.6,0.9,1.3')

function receiver(transport: 'nmea' | 'gpsd'): Body {
  const moment = (status: 'A' | 'V'): readonly string[] =>
    transport === 'gpsd'
      ? [
          `{"class":"SKY","hdop":0.9,"uSat":9}`,
          status === 'A'
            ? `{"class":"TPV","mode":3,"time":"2026-11-21T20:58:35.000Z","lat":55.751244,"lon":37.618423,"speed":13.89}`
            : `{"class":"TPV","mode":1}`,
        ]
      : [sentence(`GPRMC,205835.000,${status},5545.07464,N,03737.10538,E,27.0,84.4,211126,,,A`), GSA]
  const said = (status: 'A' | 'V'): string =>
    moment(status)
      .map((line) => `'${line}'`)
      .join(', ')
  return {
    profile: `readings:
  lat: { field: lat, range: [-90, 90], capability: position.lat }
  lon: { field: lon, range: [-180, 180], capability: position.lon }
  time: { field: time, capability: position.time }
  fix: { field: fix, capability: position.fix }
  speed: { field: speed, range: [0, 500], capability: position.speed }
freshness:
  position: { advances: time, maxAgeMs: 10000, rejectZero: true }
`,
    samples: `  - name: a fix, then none
    steps:
      - afterMs: 0
        sentences: [${said('A')}]
        expect:
          lat: { value: 55.751244, quality: good }
          lon: { value: 37.618423, quality: good }
          time: { value: ${FIX_TIME * 1000}, quality: good }
          fix: { value: 3d, quality: good }
          speed: { value: 50.004, quality: good }
        later: [{ afterMs: 10001, expect: { lat: { value: 55.751244, quality: stale, reason: old } } }]
      - afterMs: 1000
        sentences: [${said('V')}]
        expect: { fix: { value: none, quality: good }, lat: { quality: bad, reason: missing } }
`,
  }
}
