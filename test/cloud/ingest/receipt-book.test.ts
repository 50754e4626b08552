import { describe, expect, test } from 'vitest'
import { GatewayId, StreamId } from '#contract/ids.ts'
import { millis, minutes } from '#contract/instant.ts'
import { createReceiptBook } from '../../../cloud/ingest/receipt-book.ts'

const gateway = GatewayId.parse('gw-receipts1')
const stream = StreamId.parse('00112233-4455-4677-8899-aabbccddeeff')
const pace = { batches: 3, age: minutes(5) }
const note = (through: number, more: { urgent?: boolean; at?: number } = {}) => ({
  gateway,
  stream,
  through,
  now: millis(more.at ?? 0),
  urgent: more.urgent ?? false,
})

describe('receipt book', () => {
  test('tells at once the first time, then once per so many batches', () => {
    const book = createReceiptBook(pace)
    const told = [10, 20, 30, 40, 50].map((through) => book.note(note(through))?.through)
    expect(told).toEqual([10, undefined, undefined, 40, undefined])
  })

  test('tells at once after a report or a repeated batch', () => {
    const book = createReceiptBook(pace)
    book.note(note(1))
    expect(book.note(note(2, { urgent: true }))).toEqual({ gateway, stream, through: 2 })
  })

  test('tells at once after a reconnect, and only once', () => {
    const book = createReceiptBook(pace)
    book.note(note(1))
    book.reconnected(gateway)
    expect([book.note(note(2))?.through, book.note(note(3))?.through]).toEqual([2, undefined])
  })

  test('a stream that goes quiet is receipted when its oldest batch is old enough', () => {
    const book = createReceiptBook(pace)
    book.note(note(1))
    book.note(note(2, { at: 1000 }))
    expect(book.overdue(millis(300_999))).toEqual([])
    expect(book.overdue(millis(301_000))).toEqual([{ gateway, stream, through: 2 }])
    expect(book.overdue(millis(900_000))).toEqual([])
  })

  test('a receipt that could not be published is due with the next batch', () => {
    const book = createReceiptBook(pace)
    const due = book.note(note(1))
    expect(due).toBeDefined()
    if (due !== undefined) book.failed(due, millis(0))
    expect(book.note(note(2))?.through).toBe(2)
  })

  test('a late commit never takes a receipt back', () => {
    const book = createReceiptBook(pace)
    book.note(note(9))
    expect(book.note(note(5, { urgent: true }))?.through).toBe(9)
  })

  test('under the load of a fleet a stream is told no oftener than apart, alone at once', () => {
    const book = createReceiptBook({ batches: 3, age: minutes(5), apart: millis(200) })
    const other = StreamId.parse('00112233-4455-4677-8899-000000000001')
    const load = (from: number, to: number) => {
      for (let at = from; at <= to; at += 0.4) book.note({ ...note(1, { at }), stream: other })
    }
    const told = (at: number) => book.note(note(at, { at, urgent: true }))?.through
    expect([told(0), told(50)]).toEqual([0, 50])
    load(100, 300)
    expect([told(300), told(350)]).toEqual([300, undefined])
    expect(book.overdue(millis(499)).filter((due) => due.stream === stream)).toEqual([])
    expect(book.overdue(millis(500)).filter((due) => due.stream === stream)).toEqual([
      { gateway, stream, through: 350 },
    ])
    expect([told(2000), told(2001), told(2002)]).toEqual([2000, 2001, 2002])
  })
})
