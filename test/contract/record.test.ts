import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseBatch } from '#contract/batch.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { encodeJsonBatch, MAX_BATCH_BYTES, MAX_BATCH_RECORDS, parseRecord } from '#contract/record.ts'
import { anyRecord } from '../support/any-record.ts'

const stream = StreamId.parse('0b0d6f0e-3c3f-4d2a-9a39-0c7f1f5d9a10')
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))
const envelope = (records: readonly unknown[], more: object = {}) => ({ v: 1, stream, firstSeq: 7, records, ...more })
const frame = { kind: 'frame', readAt: 1, timeQuality: 'gnss', fix: 'none', gnssTrust: 'ok', relay: 'closed' }

const event = { kind: 'event', name: 'boot', at: 1 }
const deep = JSON.parse(`{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}`)

test('any record survives JSON unchanged', () => {
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 20 }), (records) => {
      const parsed = parseBatch(bytes(encodeJsonBatch(stream, Seq.parse(7), records)))
      expect(parsed.ok && parsed.items).toEqual(records.map((record, index) => ({ seq: 7 + index, record })))
    }),
  )
})

test.each([
  { name: 'no kind', record: {}, refused: 'kind: expected frame, report or event' },
  { name: 'a prototype name as kind', record: { kind: '__proto__' }, refused: 'kind: expected frame, report or event' },
  { name: 'null', record: null, refused: 'kind: expected frame, report or event' },
  { name: 'an unknown field', record: { ...frame, speed: 3 }, refused: 'record: Unrecognized key: "speed"' },
  { name: 'lat without lon', record: { ...frame, lat: 55 }, refused: 'lon: lat and lon come together or not at all' },
  { name: 'latitude 91', record: { ...frame, lat: 91, lon: 0 }, refused: 'lat: Too big: expected number to be <=90' },
  {
    name: 'null speed',
    record: { ...frame, speedKmh: null },
    refused: 'speedKmh: Invalid input: expected number, received null',
  },
  {
    name: 'a time before 1970',
    record: { ...frame, readAt: -1 },
    refused: 'readAt: Too small: expected number to be >=0',
  },
  {
    name: 'a time no calendar reaches',
    record: { ...frame, readAt: Number.MAX_SAFE_INTEGER },
    refused: 'readAt: Too big: expected number to be <=4102444800000',
  },
  { name: 'U+0000 in a text', record: { ...event, data: { model: 'X\0' } }, refused: 'record: a text holds U+0000' },
  { name: 'U+0000 in a name', record: { ...event, data: { 'X\0': 1 } }, refused: 'record: a text holds U+0000' },
  {
    name: 'half a character',
    record: { ...event, data: { model: '\ud83d' } },
    refused: 'record: a text holds half of a surrogate pair',
  },
  { name: 'a nest without end', record: { ...event, data: deep }, refused: 'record: nested deeper than 32' },
])('a record with $name is refused by name', ({ record, refused }) => {
  expect(parseRecord(record)).toEqual({ refused })
})

test('a malformed record never hides its neighbours', () => {
  const parsed = parseBatch(bytes(envelope([frame, { ...frame, fix: '4d' }, frame])))
  expect(
    parsed.ok && parsed.items.map((item) => ('record' in item ? item.seq : `${item.seq} ${item.refused}`)),
  ).toEqual([7, '8 fix: Invalid option: expected one of "none"|"2d"|"3d"', 9])
})

test.each([
  { name: 'nothing', payload: '', reason: 'neither JSON nor a known compact version' },
  { name: 'text', payload: 'hello', reason: 'neither JSON nor a known compact version' },
  { name: 'cut JSON', payload: '{"v":1', reason: 'not JSON' },
  { name: 'another version', payload: { ...envelope([frame]), v: 2 }, reason: 'v: Invalid input: expected 1' },
  { name: 'no records', payload: envelope([]), reason: 'records: Too small: expected array to have >=1 items' },
  {
    name: 'too many records',
    payload: envelope(Array.from({ length: MAX_BATCH_RECORDS + 1 }, () => 1)),
    reason: 'records: Too big: expected array to have <=1000 items',
  },
  {
    name: 'numbers beyond all whole ones',
    payload: { ...envelope([frame]), firstSeq: Number.MAX_SAFE_INTEGER },
    reason: 'firstSeq: Too big: expected number to be <=4503599627370496',
  },
  { name: 'an unknown field', payload: envelope([frame], { extra: 1 }), reason: 'record: Unrecognized key: "extra"' },
  {
    name: 'a payload over the bound',
    payload: 'x'.repeat(MAX_BATCH_BYTES + 1),
    reason: `longer than ${MAX_BATCH_BYTES} bytes`,
  },
])('a batch with $name is refused as a whole', ({ payload, reason }) => {
  expect(parseBatch(bytes(payload))).toEqual({ ok: false, reason })
})
