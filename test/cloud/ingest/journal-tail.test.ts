import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Seq } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import type { JournalEntry } from '../../../cloud/ingest/journal-entry.ts'
import { createJournalTail } from '../../../cloud/ingest/journal-tail.ts'
import { GATEWAY, STREAM } from './journal-support.ts'

const entry = (position: number): JournalEntry => ({
  position,
  gateway: GATEWAY,
  stream: STREAM,
  seq: Seq.parse(position),
  receivedAt: epochMs(position),
  record: { kind: 'event', name: 'boot', at: epochMs(position), data: {} },
})
const run = (from: number, count: number) => Array.from({ length: count }, (_, index) => entry(from + index))

describe('journal tail', () => {
  test('says nothing of what came before it was there', () => {
    const tail = createJournalTail(10)
    expect(tail.read(0, 5)).toBeUndefined()
    tail.push(run(101, 3))
    expect(tail.read(99, 5)).toBeUndefined()
    expect(tail.read(100, 2)?.map(({ position }) => position)).toEqual([101, 102])
    expect(tail.read(103, 2)).toEqual([])
  })

  test('lets go of what every reader has passed, and still answers whoever asks from there', () => {
    const tail = createJournalTail(10)
    tail.push(run(1, 8))
    tail.passed(6)
    expect(tail.read(6, 5)?.map(({ position }) => position)).toEqual([7, 8])
    expect(tail.read(5, 5)).toBeUndefined()
    tail.passed(8)
    expect(tail.read(8, 5)).toEqual([])
    tail.push(run(9, 2))
    expect(tail.read(8, 5)?.map(({ position }) => position)).toEqual([9, 10])
  })

  test('answers as a whole journal would, or not at all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, keep) => {
          const tail = createJournalTail(keep)
          let end = 0
          for (const step of steps) {
            tail.push(run(end + 1, step))
            end += step
            for (const after of [0, Math.max(0, end - keep), end]) {
              const read = tail.read(after, 4)
              if (read !== undefined)
                expect(read.map(({ position }) => position)).toEqual(
                  run(after + 1, Math.min(4, end - after)).map(({ position }) => position),
                )
              else if (end > 0) expect(after).toBeLessThan(end - keep + 1)
            }
          }
        },
      ),
    )
  })
})
