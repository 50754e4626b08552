import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { boundOf, inOrder, PAST_SOURCES, type PastPlace, wantedBy } from '../../../../cloud/processes/desk/past.ts'

const LAST = 'zz'
const line = fc.record({
  at: fc.integer({ min: 0, max: 4 }),
  source: fc.constantFrom(...PAST_SOURCES),
  id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
})

describe('the past of a card, out of several sources', () => {
  test('page by page every line is shown once, in one order, however many share a moment', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(line, { maxLength: 40, selector: ({ at, source, id }) => `${at} ${source} ${id}` }),
        fc.integer({ min: 1, max: 7 }),
        (lines, limit) => {
          const ofSource = (source: (typeof PAST_SOURCES)[number], place: PastPlace | undefined) => {
            const [at, after] = boundOf(source, place, { read: (id) => id, last: LAST }) ?? [Infinity, '']
            return lines
              .filter((one) => one.source === source && (one.at < at || (one.at === at && one.id > after)))
              .toSorted((a, b) => b.at - a.at || (a.id < b.id ? -1 : 1))
              .slice(0, limit + 1)
          }
          const shown: PastPlace[] = []
          let place: PastPlace | undefined
          for (let pages = 0; pages < 50; pages += 1) {
            const found = inOrder(PAST_SOURCES.flatMap((source) => ofSource(source, place)))
            shown.push(...found.slice(0, limit))
            if (found.length <= limit) break
            place = shown.at(-1)
          }
          expect(shown).toHaveLength(lines.length)
          expect(new Set(shown).size).toBe(lines.length)
          expect(shown.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((a, b) => b - a))
        },
      ),
      { numRuns: 200 },
    )
  })

  test('calls alone read no log, and what the engine notes for itself is shown by no view', () => {
    expect(wantedBy('calls').sources).toEqual(['call'])
    expect(wantedBy('all').not).toEqual(['unknown', 'task'])
    expect(wantedBy('papers').only).toEqual(['numbered', 'paid'])
  })
})
