import fc from 'fast-check'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { CardBrief } from '../../../../cloud/processes/board-store.ts'
import { CardItem, cardItem } from '../../../../cloud/processes/desk/card-view.ts'
import { cardsJson } from '../../../../cloud/processes/desk/cards-json.ts'

const Page = z.object({ items: z.array(CardItem), nextCursor: z.string().nullable() })
const moment = fc.integer({ min: 0, max: 4_000_000_000_000 })
const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 12 }))
const brief: fc.Arbitrary<CardBrief> = fc.record({
  id: fc.uuid(),
  no: fc.nat(),
  pipeline: fc.string({ maxLength: 8 }),
  stage: fc.string({ maxLength: 8 }),
  definition: fc.nat(),
  enteredAt: moment,
  createdAt: moment,
  closedAt: fc.option(moment),
  responsible: text,
  parked: text,
  subject: text,
  fields: fc.dictionary(
    fc.string({ minLength: 1, maxLength: 8 }),
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.integer(),
      fc.boolean(),
      fc.array(fc.string({ maxLength: 5 }), { maxLength: 3 }),
    ),
    { maxKeys: 6, noNullPrototype: true },
  ),
})

test('a board written by hand says letter by letter what the schema of the route says', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(brief, text, fc.option(moment)), { maxLength: 4 }), text, (cards, nextCursor) => {
      const items = cards.map(([card, title, limitAt]) =>
        cardItem(card, {
          task: limitAt === null ? undefined : { dueAt: limitAt, count: 2 },
          limitAt: limitAt ?? undefined,
          title,
          responsibleName: title,
          labelOf: (field, value) => (typeof value === 'string' ? `${field} ${value}` : undefined),
        }),
      )
      const page = { items, nextCursor }
      expect(JSON.parse(cardsJson(page))).toEqual(JSON.parse(JSON.stringify(z.encode(Page, page))))
    }),
    { numRuns: 150 },
  )
  expect(cardsJson({ items: [], nextCursor: null })).toBe('{"items":[],"nextCursor":null}')
})
