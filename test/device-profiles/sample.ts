import { z } from 'zod'
import { FixedByteOrder, RegisterTable } from '#contract/profile.ts'

const Hex = z.string().regex(/^([0-9A-F]{2} ?)+$/, 'bytes read 01 AB FF')
const Reason = z.string().regex(/^[a-z-]+[0-9]*$/)

const Expected = z.strictObject({
  value: z.union([z.number(), z.boolean(), z.string()]).exactOptional(),
  quality: z.enum(['good', 'stale', 'bad', 'uncertain']),
  reason: Reason.exactOptional(),
  evidence: z.boolean().exactOptional(),
})
export type Expected = z.infer<typeof Expected>
const Expectation = z.record(z.string(), Expected)

const cell = { table: RegisterTable, address: z.int() }
const Answer = z.union([
  z.strictObject({ ...cell, words: z.string() }),
  z.strictObject({ ...cell, count: z.int(), fails: Reason }),
  z.strictObject({ rtu: z.strictObject({ ask: Hex, answer: Hex }) }),
])
export type Answer = z.infer<typeof Answer>

const Step = z.strictObject({
  afterMs: z.int(),
  answers: z.array(Answer).exactOptional(),
  sentences: z.array(z.string()).exactOptional(),
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

const Frame = z.union([z.strictObject({ rtu: Hex }), z.strictObject({ mbap: Hex })])
const Frames = { rtu: z.array(Hex).exactOptional(), mbap: z.array(Hex).exactOptional() }

/** What a profile is held against: captured bytes and the readings they must give. */
export const Samples = z.strictObject({
  schema: z.literal('kordon-profile-samples/1'),
  profile: z.string(),
  notBefore: z.iso.date(),
  samples: z.array(Sample).min(1),
  /** The requests of one poll of a group, byte by byte. */
  reads: z.array(z.strictObject({ group: z.string(), ...Frames })).exactOptional(),
  writes: z.strictObject({ free: Frame, blocked: Frame }).exactOptional(),
  neverSent: z
    .array(z.strictObject({ name: z.string(), fc: z.int(), address: z.int(), value: z.int() }))
    .exactOptional(),
})
export type Samples = z.infer<typeof Samples>
