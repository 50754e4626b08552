import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEventStream } from '../../flows/event-stream.ts'

const TEXT =
  ': hello\n\nevent: order\nid: 7\ndata: {"a":1}\n\ndata: two\r\ndata: lines\r\n\r\nevent: empty\n\ndata:no space\r\rdata: unfinished'
const EXPECTED = [
  { event: 'order', data: '{"a":1}', id: '7' },
  { event: 'message', data: 'two\nlines', id: '7' },
  { event: 'message', data: 'no space', id: '7' },
]

test('comments, several lines, all line ends, and the unfinished rest', () => {
  expect(createEventStream().take(TEXT)).toEqual(EXPECTED)
})

test('the pieces in which the text comes make no difference', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: TEXT.length - 1 }), { maxLength: 12 }), (cuts) => {
      const edges = [0, ...cuts.sort((a, b) => a - b), TEXT.length]
      const stream = createEventStream()
      const pieces = edges.slice(1).map((edge, at) => TEXT.slice(edges[at], edge))
      expect(pieces.flatMap((piece) => stream.take(piece))).toEqual(EXPECTED)
    }),
  )
})

test('a message without end is refused', () => {
  const stream = createEventStream()
  expect(() => stream.take(`data: ${'x'.repeat(4_000_001)}`)).toThrow('no end')
})
