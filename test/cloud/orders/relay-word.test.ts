import { expect, test } from 'vitest'
import { GatewayId, Seq, StreamId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { parseRecord } from '#contract/record.ts'
import type { JournalEntry } from '../../../cloud/ingest/journal-entry.ts'
import { newestWords } from '../../../cloud/orders/relay-word.ts'
import { frameOf } from '../../support/vehicle-house.ts'

const A = GatewayId.parse('gw-aaaaaaaa')
const B = GatewayId.parse('gw-bbbbbbbb')
const CAR = VehicleId.parse('00000000-0000-4000-8000-0000000000aa')
const STREAM = StreamId.parse('00000000-0000-4000-8000-000000000001')
const entry = (gateway: GatewayId, seq: number, candidate: object): JournalEntry => {
  const parsed = parseRecord(candidate)
  if ('refused' in parsed) throw new Error(parsed.refused)
  return {
    position: seq,
    gateway,
    stream: STREAM,
    seq: Seq.parse(seq),
    receivedAt: epochMs(1000),
    record: parsed.record,
  }
}
const inCar = (gateway: GatewayId) => (gateway === A ? CAR : undefined)

test.each([
  {
    name: 'the newest of several',
    entries: [entry(A, 1, frameOf('open', 10)), entry(A, 2, frameOf('closed', 20))],
    expected: ['closed', 20],
  },
  {
    name: 'the newest, though it came first',
    entries: [entry(A, 1, frameOf('open', 20)), entry(A, 2, frameOf('closed', 10))],
    expected: ['open', 20],
  },
  {
    name: 'of two at one moment the later record',
    entries: [entry(A, 1, frameOf('open', 20)), entry(A, 2, frameOf('closed', 20))],
    expected: ['closed', 20],
  },
  {
    name: 'backfill says nothing about now',
    entries: [entry(A, 1, frameOf('open', 20, { backfill: true }))],
    expected: undefined,
  },
  {
    name: 'an event carries no word',
    entries: [entry(A, 1, { kind: 'event', name: 'boot', at: 5, data: {} })],
    expected: undefined,
  },
  {
    // Found by the simulator: a word from the future outlasted every later one, and the block was ordered for ever.
    name: 'no word is newer than its arrival',
    entries: [entry(A, 1, frameOf('open', 34_560_000_000))],
    expected: ['open', 1000],
  },
  { name: 'a gateway in no vehicle speaks for none', entries: [entry(B, 1, frameOf('open', 20))], expected: undefined },
])('newestWords: $name', ({ entries, expected }) => {
  const [word] = newestWords(entries, inCar)
  expect(word && [word.relay, word.at]).toEqual(expected)
})
