import { z } from 'zod'
import { FixedByteOrder, RegisterTable } from '#contract/profile.ts'

const Hex = z.string().regex(/^([0-9A-F]{2} ?)+$/, 'bytes read 01 AB FF')
const Reason = z.string().regex(/^[a-z-]+[0-9]*$/, 'a reason reads not-advancing')

const Expected = z.strictObject({
  value: z.union([z.number(), z.boolean(), z.string()]).exactOptional(),
  quality: z.enum(['good', 'stale', 'bad', 'uncertain']),
  reason: Reason.exactOptional(),
  evidence: z.boolean().exactOptional(),
})
export type Expected = z.infer<typeof Expected>
const Expectation = z.record(z.string(), Expected)
export type Expectation = z.infer<typeof Expectation>

const cell = { table: RegisterTable, address: z.int() }
const Answer = z.union([
  z.strictObject({ ...cell, words: z.string() }),
  z.strictObject({ ...cell, count: z.int(), fails: z.enum(['timeout', 'crc', 'offline', 'decode', 'exception-2']) }),
  z.strictObject({ rtu: z.strictObject({ ask: Hex, answer: Hex }) }),
])
export type Answer = z.infer<typeof Answer>

const Step = z.strictObject({
  afterMs: z.int(),
  /** What the unit answered on its line. */
  answers: z.array(Answer).exactOptional(),
  /** What a receiver said: NMEA sentences, or lines of gpsd's JSON. */
  sentences: z.array(z.string()).exactOptional(),
  /** What an MQTT unit said; topics as the profile writes them. */
  messages: z.array(z.strictObject({ topic: z.string(), payload: z.string() })).exactOptional(),
  expect: Expectation,
  later: z.array(z.strictObject({ afterMs: z.int(), expect: Expectation })).exactOptional(),
})
export type Step = z.infer<typeof Step>

const Sample = z.strictObject({
  name: z.string(),
  lockedByteOrder: FixedByteOrder.exactOptional(),
  steps: z.array(Step).min(1),
})
export type Sample = z.infer<typeof Sample>

const Write = z.union([
  z.strictObject({ rtu: Hex }),
  z.strictObject({ mbap: Hex }),
  z.strictObject({ topic: z.string(), payload: z.string() }),
])
export type Write = z.infer<typeof Write>
const Poll = z.union([
  z.strictObject({ group: z.string(), rtu: z.array(Hex).min(1) }),
  z.strictObject({ group: z.string(), mbap: z.array(Hex).min(1) }),
])
export type Poll = z.infer<typeof Poll>
const NeverSent = z.union([
  z.strictObject({ name: z.string(), fc: z.int(), address: z.int(), value: z.int() }),
  z.strictObject({ name: z.string(), topic: z.string(), payload: z.string() }),
])
export type NeverSent = z.infer<typeof NeverSent>

/** What a profile is held against: captured bytes or messages and the readings they must give. */
export const Samples = z.strictObject({
  schema: z.literal('kordon-profile-samples/1'),
  profile: z.string(),
  notBefore: z.iso.date(),
  samples: z.array(Sample).min(1),
  /** The requests of one poll of a group, byte by byte. */
  reads: z.array(Poll).exactOptional(),
  writes: z.strictObject({ free: Write, blocked: Write }).exactOptional(),
  neverSent: z.array(NeverSent).exactOptional(),
})
export type Samples = z.infer<typeof Samples>
