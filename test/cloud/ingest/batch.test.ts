import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBatch } from '#contract/batch.ts'
import { encodeCompactBatch } from '#contract/compact-batch.ts'
import { Frame } from '#contract/frame.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { readBatch } from '../../../cloud/ingest/batch.ts'
import { plainRuns } from '../../../cloud/ingest/plain-run.ts'
import { anyFrame } from '../../support/any-record.ts'

const STREAM = '00112233-4455-4677-8899-aabbccddeeff'
const frame = { kind: 'frame', readAt: 1, timeQuality: 'ntp', fix: 'none', gnssTrust: 'ok', relay: 'closed' }
const textOf = (json: Uint8Array): string => Buffer.from(json).toString()
const bytes = (value: unknown) => new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value))

describe('a batch', () => {
  test('keeps the good neighbours of a bad record and names the field', () => {
    const read = readBatch(
      bytes({ v: 1, stream: STREAM, firstSeq: 7, records: [frame, { ...frame, lat: 99, lon: 1 }, frame] }),
    )
    expect(read).toMatchObject({ ok: true, range: { from: 7, to: 9 } })
    expect(read.ok && read.items.map((item) => ('record' in item ? 'kept' : item.refused.split(':')[0]))).toEqual([
      'kept',
      'lat',
      'kept',
    ])
  })

  test.each([
    { name: 'nothing', payload: new Uint8Array(), reason: 'neither JSON nor a known compact version' },
    { name: 'another encoding', payload: Uint8Array.of(0xc1, 1), reason: 'neither JSON nor a known compact version' },
    { name: 'bad UTF-8', payload: Uint8Array.of(0x7b, 0xff, 0xfe), reason: 'not JSON' },
    { name: 'half a document', payload: bytes('{"v":1'), reason: 'not JSON' },
  ])('refuses $name whole, with a reason', ({ payload, reason }) => {
    expect(readBatch(payload)).toEqual({ ok: false, reason, head: undefined })
  })

  test('still reads the head of an envelope it does not know, so that the outbox is not blocked', () => {
    const read = readBatch(bytes({ v: 2, stream: STREAM, firstSeq: 5, records: [frame, frame], extra: true }))
    expect(read).toMatchObject({ ok: false, head: { stream: STREAM, range: { from: 5, to: 6 } } })
  })

  test('reads the compact form, and the head of a compact batch whose body is cut', () => {
    const compact = encodeCompactBatch(StreamId.parse(STREAM), Seq.parse(300), [Frame.parse(frame), Frame.parse(frame)])
    expect(readBatch(compact)).toMatchObject({ ok: true, stream: STREAM, range: { from: 300, to: 301 } })
    expect(readBatch(compact.slice(0, -1))).toMatchObject({ ok: false, head: { range: { from: 300, to: 301 } } })
  })

  test('does not let an unreadable batch declare a whole stream as arrived', () => {
    const read = readBatch(bytes({ v: 1, stream: STREAM, firstSeq: 1, records: Array(10_001).fill(0) }))
    expect(read).toMatchObject({ ok: false, head: undefined })
  })

  const head = `{"v":1,"stream":"${STREAM}","firstSeq":7,"records":[`
  const noise = fc.constantFrom(
    ...[
      '',
      ' ',
      '\n',
      '"lat":1,"lon":2,',
      '"fix":"3d",',
      '"relay":"\\u0063losed",',
      ',',
      '}',
      '{',
      ']',
      '],"records":[',
    ],
    ...['0', '-', '1e3', '.5', '00', '9999999999', 'é', '\u00a0', '\ufeff', '"v":2,', '"backfill":true,', 'ABCDEF'],
  )
  /** What gateways write, spoilt in some places. */
  const spoilt = fc
    .tuple(anyFrame, fc.array(fc.tuple(fc.nat(500), noise, fc.nat(2)), { maxLength: 3 }))
    .map(([record, spots]) =>
      spots.reduce(
        (text, [at, more, gone]) => {
          const place = Math.min(at, text.length)
          return `${text.slice(0, place)}${more}${text.slice(place + gone)}`
        },
        `${head}${JSON.stringify(record)}]}`,
      ),
    )

  test('keeps the JSON of a single frame, and reads it as one of many is read', () => {
    fc.assert(
      fc.property(anyFrame, (record) => {
        const payload = bytes(`${head}${JSON.stringify(record)}]}`)
        const read = readBatch(payload)
        expect(read.ok && read.json && textOf(read.json)).toEqual(
          payload.length > 1000 ? undefined : JSON.stringify(record),
        )
      }),
    )
    fc.assert(
      fc.property(spoilt, (text) => {
        const read = readBatch(bytes(text))
        const whole = parseBatch(bytes(text))
        expect(read.ok).toBe(whole.ok)
        if (!read.ok || !whole.ok) return
        expect({ stream: read.stream, from: read.range.from, items: read.items }).toEqual({
          ...{ stream: whole.stream, from: whole.firstSeq, items: whole.items },
        })
        if (read.json !== undefined)
          expect(read.items).toEqual([{ seq: read.range.from, record: JSON.parse(textOf(read.json)) }])
      }),
      { numRuns: 2000 },
    )
    for (const two of [
      `${JSON.stringify(frame)},${JSON.stringify(frame)}`,
      `${JSON.stringify(frame)}],"records":[${JSON.stringify(frame)}`,
    ])
      expect(readBatch(bytes(`${head}${two}]}`))).toMatchObject({ ok: true, json: undefined })
  })

  test('messages that came together become runs, in their order, and say what each says alone', () => {
    const other = STREAM.replace('0', '1')
    const message = fc.oneof(
      { weight: 6, arbitrary: fc.constant('next' as const) },
      { weight: 1, arbitrary: fc.constantFrom('again' as const, 'other stream' as const, 'two records' as const) },
      { weight: 1, arbitrary: spoilt },
    )
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), (kinds) => {
        let seq = 0
        const payloads = kinds.map((kind) => {
          if (kind !== 'again') seq += 1
          const records = kind === 'two records' ? [frame, frame] : [{ ...frame, readAt: seq }]
          const stream = kind === 'other stream' ? other : STREAM
          const plain = ['next', 'again', 'other stream', 'two records'].includes(kind)
          return bytes(plain ? { v: 1, stream, firstSeq: Math.max(1, seq), records } : kind)
        })
        const recordOf = (json: Uint8Array | undefined) => json && JSON.parse(textOf(json))
        const said = plainRuns(payloads).flatMap((part): readonly unknown[] => {
          if (!('items' in part))
            return [readBatch(part)].map((read) => (read.ok ? { ...read, json: undefined } : read))
          expect(part.range.to - part.range.from + 1).toBe(part.items.length)
          const records = part.items.length === 1 ? [recordOf(part.json)] : recordOf(part.json)
          return part.items.map((item, index) => ({
            ...{ ok: true, stream: part.stream, range: { from: item.seq, to: item.seq } },
            ...{ items: [item], json: records[index] },
          }))
        })
        const alone = payloads.map((payload) => readBatch(payload))
        expect(said).toEqual(alone.map((read) => (read.ok ? { ...read, json: recordOf(read.json) } : read)))
      }),
      { numRuns: 300 },
    )
  })
})
