import { z } from 'zod'

/** What a reading means to the rest of the house, whatever device it came from. */
export const Capability = z.enum([
  'position.lat',
  'position.lon',
  'position.time',
  'position.accuracy',
  'position.satellites',
  'position.fix',
  'position.speed',
  'position.course',
  'position.altitude',
  'position.trust',
  'ignition',
  'motion',
  'odometer',
  /** Speed of the wheels, by CAN or by pulses: not a receiver's. */
  'vehicle.speed',
  'engine.rpm',
  'engine.hours',
  'supply.voltage',
  'relay.drive',
  'relay.sense',
  'device.online',
  'clock',
])
export type Capability = z.infer<typeof Capability>

/** How far a profile is proved, worst first: an `experimental` one is never evidence and never an immobilizer. */
export const ProfileStatus = z.enum(['experimental', 'documented', 'bench', 'field'])
export type ProfileStatus = z.infer<typeof ProfileStatus>

const Name = z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, 'a name is 1 to 32 letters and digits, first a small letter')
const Word16 = z.int().min(0).max(0xffff)
const Time = z.int().min(0).max(3_600_000)
const Pair = z.tuple([z.number(), z.number()])
const Scalar = z.union([z.string().max(64), z.number(), z.boolean()])
const ValueMap = z.record(z.string().max(64), Scalar)
const Topic = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[^#+\s]+$/, 'a topic has no wildcards and no spaces')

export const RegisterTable = z.enum(['coil', 'discrete', 'holding', 'input'])
export type RegisterTable = z.infer<typeof RegisterTable>

export const FixedByteOrder = z.enum(['ABCD', 'DCBA', 'BADC', 'CDAB'])
export type FixedByteOrder = z.infer<typeof FixedByteOrder>
export const ByteOrder = z.enum(['ABCD', 'DCBA', 'BADC', 'CDAB', 'auto'])
export type ByteOrder = z.infer<typeof ByteOrder>

export const RegisterType = z.enum([
  'bool',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float32',
  'float64',
  'ascii',
  'asciiNumber',
])
export type RegisterType = z.infer<typeof RegisterType>

/** Units a device may speak; the house keeps km/h, km, V, m, °, °C, s, % and instants. */
export const Unit = z.enum([
  'km/h',
  'kn',
  'm/s',
  'mph',
  'km',
  '0.1 km',
  'mi',
  'm',
  'V',
  'mV',
  'deg',
  'degC',
  's',
  'h',
  'percent',
  'dBm',
  'epoch',
])
export type Unit = z.infer<typeof Unit>

/** Named layouts of a date, a time of day, or both in one text. All are UTC. */
export const DateTimeLayout = z.enum(['DDMMYYhhmmss', 'YYYYMMDDhhmmss', 'YYYYMMDD', 'DDMMYY', 'hhmmss', 'hhmmss.sss'])
export type DateTimeLayout = z.infer<typeof DateTimeLayout>

const TextPart = z.strictObject({ address: Word16, count: z.int().min(1).max(16), layout: DateTimeLayout })
const DateTime = z.union([
  z.array(z.enum(['y', 'mo', 'd', 'h', 'mi', 's'])).length(6),
  DateTimeLayout,
  z.strictObject({ date: TextPart, time: TextPart }),
])
export type DateTime = z.infer<typeof DateTime>

/** What happens to a raw value on its way to a reading; the same for every transport. */
const meaning = {
  scale: z.number().exactOptional(),
  offset: z.number().exactOptional(),
  unit: Unit.exactOptional(),
  map: ValueMap.exactOptional(),
  /** Raw values that mean "no value". NaN and ±3.4e38 always do. */
  missing: z.array(z.union([z.string().max(64), z.number(), z.null()])).exactOptional(),
  range: Pair.exactOptional(),
  debounceMs: Time.exactOptional(),
  capability: Capability.exactOptional(),
}

export const RegisterReading = z.strictObject({
  group: Name,
  table: RegisterTable.exactOptional(),
  address: Word16,
  count: z.int().min(1).max(125).exactOptional(),
  type: RegisterType.exactOptional(),
  byteOrder: ByteOrder.exactOptional(),
  bit: z.int().min(0).max(15).exactOptional(),
  signFrom: z
    .strictObject({ address: Word16, map: z.record(z.string().max(8), z.union([z.literal(1), z.literal(-1)])) })
    .exactOptional(),
  dateTime: DateTime.exactOptional(),
  ...meaning,
})
export type RegisterReading = z.infer<typeof RegisterReading>

const Path = z
  .array(z.union([z.string().min(1).max(64), z.int().min(0)]))
  .min(1)
  .max(8)
const Condition = z.strictObject({ path: Path, equals: Scalar })
export type Condition = z.infer<typeof Condition>
export const TopicReading = z.strictObject({
  /** Relative to the prefix chosen at pairing. */
  topic: Topic,
  type: z.enum(['text', 'json']).exactOptional(),
  path: Path.exactOptional(),
  /** The member is a list of bytes, and the value a big-endian whole number that begins at this place in it. */
  bytes: z
    .strictObject({ at: z.int().min(0).max(255), type: z.enum(['uint8', 'uint16', 'uint32', 'int16', 'int32']) })
    .exactOptional(),
  /**
   * Only messages whose member equals this value (all of them, of a list) are read; others are of another kind and
   * leave the reading alone.
   */
  when: z.union([Condition, z.array(Condition).min(1).max(4)]).exactOptional(),
  /** How often the unit says it; twice this is the age limit of a slow value. */
  everyMs: z.int().min(100).max(86_400_000).exactOptional(),
  /** Assumed when the member is omitted; always `uncertain`. */
  absent: Scalar.exactOptional(),
  dateTime: DateTimeLayout.exactOptional(),
  ...meaning,
})
export type TopicReading = z.infer<typeof TopicReading>

/** One value of a fix as a receiver tells it, already in the house's units. */
export const FixField = z.enum([
  'lat',
  'lon',
  'time',
  'fix',
  'satellites',
  'hdop',
  'accuracy',
  'speed',
  'course',
  'altitude',
])
export type FixField = z.infer<typeof FixField>
export const FixReading = z.strictObject({ field: FixField, ...meaning })
export type FixReading = z.infer<typeof FixReading>

export const ProfileReading = z.union([RegisterReading, TopicReading, FixReading])
export type ProfileReading = z.infer<typeof ProfileReading>

const line = {
  unitId: z.int().min(1).max(255),
  timeoutMs: z.int().min(20).max(30_000),
  /** Lower limit of the timeout that adapts to measured latency; without it the timeout never shrinks. */
  minTimeoutMs: z.int().min(20).max(30_000).exactOptional(),
  minGapMs: z.int().min(0).max(5000).exactOptional(),
  maxRegisters: z.int().min(1).max(125).exactOptional(),
  /** 1 where the maker's document counts registers from one and the profile keeps its numbers. */
  addressBase: z.union([z.literal(0), z.literal(1)]).exactOptional(),
  closeAfterPoll: z.boolean().exactOptional(),
  connectPauseMs: z.int().min(0).max(10_000).exactOptional(),
}
const serial = {
  baud: z.int().min(1200).max(921_600),
  parity: z.enum(['none', 'even', 'odd']),
  stopBits: z.union([z.literal(1), z.literal(2)]),
}
export const ModbusTcpTransport = z.strictObject({ port: z.int().min(1).max(65_535), ...line })
export type ModbusTcpTransport = z.infer<typeof ModbusTcpTransport>
export const ModbusRtuTransport = z.strictObject({ ...serial, ...line })
export type ModbusRtuTransport = z.infer<typeof ModbusRtuTransport>

/** A question that makes the unit tell its state; never a command: those are actions. */
const TopicRequest = z.strictObject({
  topic: Topic,
  payload: z.string().max(512),
  everyMs: z.int().min(100).max(3_600_000),
})
export type TopicRequest = z.infer<typeof TopicRequest>
export const MqttTransport = z.strictObject({
  qos: z.union([z.literal(0), z.literal(1)]),
  /** How many levels of a topic stand before the unit's own prefix: 1 makes stat/POWER stat/<prefix>/POWER. */
  prefixAt: z.int().min(0).max(3).exactOptional(),
  requests: z.array(TopicRequest).min(1).max(16).exactOptional(),
})
export type MqttTransport = z.infer<typeof MqttTransport>

const Transport = z.strictObject({
  modbusTcp: ModbusTcpTransport.exactOptional(),
  modbusRtu: ModbusRtuTransport.exactOptional(),
  mqtt: MqttTransport.exactOptional(),
  gpsd: z.strictObject({ port: z.int().min(1).max(65_535) }).exactOptional(),
  nmea: z.strictObject({ ...serial, port: z.int().min(1).max(65_535).exactOptional() }).exactOptional(),
})

const Group = z.strictObject({
  everyMs: z.int().min(50).max(86_400_000),
  maxHole: z.int().min(0).max(124).exactOptional(),
  mayFail: z.boolean().exactOptional(),
})

const words = { free: Word16, blocked: Word16 }
export const RegisterWrite = z.strictObject({
  fc: z.union([z.literal(5), z.literal(6), z.literal(16)]),
  address: Word16,
  values: z.strictObject(words),
})
export type RegisterWrite = z.infer<typeof RegisterWrite>
const Publish = z.strictObject({
  topic: Topic,
  qos: z.literal(1),
  retain: z.literal(false),
  values: z.strictObject({ free: z.string().min(1).max(256), blocked: z.string().min(1).max(256) }),
})
const ReadBack = z.strictObject({ reading: Name, withinMs: z.int().min(50).max(10_000), tries: z.int().min(1).max(10) })
const proof = {
  readBack: ReadBack,
  sense: z.strictObject({ capability: z.literal('relay.sense'), withinMs: Time }).exactOptional(),
}
export const ImmobilizerAction = z.union([
  z.strictObject({ write: RegisterWrite, ...proof }),
  z.strictObject({ publish: Publish, ...proof }),
])
export type ImmobilizerAction = z.infer<typeof ImmobilizerAction>

export const RegisterDenial = z.strictObject({
  fc: z.array(z.int().min(1).max(127)).min(1),
  /** First and last address. */
  addresses: z.tuple([Word16, Word16]).exactOptional(),
  /** Single values or [first, last]. */
  values: z.array(z.union([Word16, z.tuple([Word16, Word16])])).exactOptional(),
})
export type RegisterDenial = z.infer<typeof RegisterDenial>
export const TopicDenial = z.strictObject({ topic: Topic, payloads: z.array(z.string()).exactOptional() })
export type TopicDenial = z.infer<typeof TopicDenial>

/** One device model as data: no code, no templates, no expressions. See the profile guide for the meaning of each key. */
export const Profile = z.strictObject({
  schema: z.literal('kordon-profile/1'),
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)+$/, 'an id reads <vendor>-<model> in small letters, digits and -'),
  revision: z.int().min(1),
  status: ProfileStatus,
  products: z.array(z.strictObject({ brand: z.string().min(1), model: z.string().min(1) })).min(1),
  sources: z
    .array(
      z.strictObject({
        title: z.string().min(1),
        url: z.url().exactOptional(),
        retrieved: z.iso.date().exactOptional(),
      }),
    )
    .min(1),
  caveats: z
    .array(
      z.strictObject({
        text: z.string().min(1),
        readings: z.array(Name).exactOptional(),
        /** False: the named readings are never evidence for the interlock until the bench has confirmed them. */
        evidence: z.literal(false).exactOptional(),
      }),
    )
    .exactOptional(),
  transport: Transport,
  identify: z
    .strictObject({
      read: z.strictObject({
        table: RegisterTable,
        address: Word16,
        count: z.int().min(1).max(125),
        type: RegisterType,
      }),
      accept: z.strictObject({
        charset: z.enum(['digits', 'alphanumeric', 'printable']).exactOptional(),
        length: Pair.exactOptional(),
        range: Pair.exactOptional(),
      }),
      as: z.enum(['serial', 'version', 'model']),
    })
    .exactOptional(),
  defaults: z
    .strictObject({ table: RegisterTable.exactOptional(), byteOrder: ByteOrder.exactOptional() })
    .exactOptional(),
  groups: z.record(Name, Group).exactOptional(),
  readings: z.record(Name, ProfileReading),
  freshness: z
    .strictObject({
      position: z.strictObject({
        /** The fix time. A device without one is judged by its fix and by zeros alone. */
        advances: Name.exactOptional(),
        maxAgeMs: Time,
        minSatellites: z.int().min(1).max(64).exactOptional(),
        rejectZero: z.boolean().exactOptional(),
      }),
    })
    .exactOptional(),
  actions: z.strictObject({ immobilizer: ImmobilizerAction }).exactOptional(),
  relay: z
    .strictObject({
      kind: z.enum(['monostable', 'latching']),
      onPowerLoss: z.enum(['released', 'kept']),
      rating: z.strictObject({ volts: z.number().positive(), amps: z.number().positive() }),
    })
    .exactOptional(),
  deny: z.array(z.union([RegisterDenial, TopicDenial])).exactOptional(),
})
export type Profile = z.infer<typeof Profile>

/** Pure. The JSON Schema (draft 2020-12) of a profile file, for editors; generated, never written by hand. */
export const profileJsonSchema = (): Record<string, unknown> => ({
  ...z.toJSONSchema(Profile, { io: 'input' }),
  title: 'Kordon device profile',
})
