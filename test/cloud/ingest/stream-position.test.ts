import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cover, holesOf, isIn, STREAM_START } from '../../../cloud/ingest/stream-position.ts'

const range = (from: number, to: number) => ({ from, to })

describe('stream position', () => {
  test.each([
    {
      name: 'the first batch',
      before: STREAM_START,
      add: range(1, 3),
      through: 3,
      fresh: [range(1, 3)],
      opened: undefined,
    },
    {
      name: 'a repeated batch',
      before: { through: 3, beyond: [] },
      add: range(1, 3),
      through: 3,
      fresh: [],
      opened: undefined,
    },
    {
      name: 'an overlap',
      before: { through: 3, beyond: [] },
      add: range(2, 5),
      through: 5,
      fresh: [range(4, 5)],
      opened: undefined,
    },
    {
      name: 'a batch ahead',
      before: { through: 3, beyond: [] },
      add: range(7, 9),
      through: 3,
      fresh: [range(7, 9)],
      opened: range(4, 6),
    },
    {
      name: 'the missing piece',
      before: { through: 3, beyond: [range(7, 9)] },
      add: range(4, 6),
      through: 9,
      fresh: [range(4, 6)],
      opened: undefined,
    },
    {
      name: 'a batch over a hole',
      before: { through: 3, beyond: [range(6, 7)] },
      add: range(5, 9),
      through: 3,
      fresh: [range(5, 5), range(8, 9)],
      opened: undefined,
    },
  ])('$name', ({ before, add, through, fresh, opened }) => {
    const covered = cover(before, add)
    expect({ through: covered.position.through, fresh: covered.fresh, opened: covered.opened }).toEqual({
      through,
      fresh,
      opened,
    })
  })

  test('holes are what lies between the covered ranges', () => {
    expect(holesOf({ through: 2, beyond: [range(5, 6), range(9, 9)] })).toEqual([range(3, 4), range(7, 8)])
  })

  test('any order of any overlapping batches says the same as a set of numbers', () => {
    const batch = fc
      .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 9 }))
      .map(([from, more]) => range(from, from + more))
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 40 }), (batches) => {
        const model = new Set<number>()
        let position = STREAM_START
        for (const next of batches) {
          const covered = cover(position, next)
          for (let seq = next.from; seq <= next.to; seq += 1) {
            expect(isIn(covered.fresh, seq)).toBe(!model.has(seq))
            model.add(seq)
          }
          position = covered.position
        }
        let contiguous = 0
        while (model.has(contiguous + 1)) contiguous += 1
        expect(position.through).toBe(contiguous)
        const inBeyond = [...model].filter((seq) => seq > contiguous)
        expect(inBeyond.every((seq) => isIn(position.beyond, seq))).toBe(true)
        expect(position.beyond.reduce((sum, { from, to }) => sum + to - from + 1, 0)).toBe(inBeyond.length)
      }),
      { numRuns: 500 },
    )
  })
})
