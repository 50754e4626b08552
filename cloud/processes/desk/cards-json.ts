import type { CardItem } from './card-view.ts'

export type CardsPage = { readonly items: readonly CardItem[]; readonly nextCursor: string | null }

const textOf = (at: number): string => new Date(at).toISOString()
const textOrNull = (at: number | null): string | null => (at === null ? null : textOf(at))

/**
 * Pure. A page of cards as REST sends it: what the schema of the route says, written by hand, since a whole board of
 * thousands of cards is walked here once instead of thrice.
 */
export const cardsJson = ({ items, nextCursor }: CardsPage): string =>
  JSON.stringify({
    items: items.map((item) => ({
      ...item,
      enteredAt: textOf(item.enteredAt),
      createdAt: textOf(item.createdAt),
      closedAt: textOrNull(item.closedAt),
      nextDueAt: textOrNull(item.nextDueAt),
      limitAt: textOrNull(item.limitAt),
    })),
    nextCursor,
  })

/** Pure. Only the route of cards answers with this. */
export const isCardsPage = (answer: unknown): answer is CardsPage =>
  typeof answer === 'object' && answer !== null && 'items' in answer && Array.isArray(answer.items)
