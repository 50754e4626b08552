import type { Fact, Facts } from '../../expressions/fact-type.ts'
import type { CardState, Effect, Wanted } from './card.ts'
import { same } from './draft.ts'
import type { Machine } from './machine.ts'
import { formatNumber } from './number.ts'

/** Facts from outside: balances, zones, holds; undefined is unknown. */
export type OutsideFacts = (wanted: Wanted, now: number) => Fact
export type Memory = ReturnType<typeof createMemory>

type Booking = {
  readonly resource: string
  readonly from: number
  readonly to: number
  readonly who: string | undefined
}
type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

const HOUR_MS = 3_600_000

export const isOpen = (state: CardState): boolean => state.card.closedAt === undefined

/** What a world of cards knows: cards, records, permits, bookings, numbers, holds; as the database does with rows. */
export function createMemory(machine: Machine, outside: OutsideFacts) {
  const cards = new Map<string, CardState>()
  const records = new Map<string, Map<string, Facts>>()
  const permits: Of<'permit'>[] = []
  const bookings: Booking[] = []
  const numbers = new Map<string, number>()
  const payments = new Set<string>()
  const holds = new Set<string>()

  const record = (entity: string, id: string): Facts | undefined => {
    const own = records.get(entity)?.get(id)
    if (entity !== 'vehicle') return own
    const reasons = [...holds].filter((key) => key.startsWith(`${id} `)).map((key) => key.split(' ')[1] ?? '')
    return own && { ...own, holds: [...new Set(reasons)] }
  }
  const give = (entity: string, id: string, fields: Facts): void => {
    const of = records.get(entity) ?? new Map<string, Facts>()
    records.set(entity, of.set(id, fields))
  }
  const matches = (fields: Facts, match: Facts, entity: string): boolean =>
    Object.entries(match).every(([path, wanted]) => {
      const [first = '', second] = path.split('.')
      if (second === undefined || first === entity) return same(fields[second ?? first], wanted)
      const link = fields[first]
      return typeof link === 'string' && same(record(first, link)?.[second], wanted)
    })
  /** The first open card, of this pipeline or of any, with these values. */
  const standing = (pipeline: string | undefined, match: Facts): CardState | undefined =>
    [...cards.values()].find(
      (state) =>
        isOpen(state) &&
        (pipeline === undefined || state.card.pipeline === pipeline) &&
        matches(state.card.fields, match, state.card.entity),
    )

  const found = (wanted: Extract<Wanted, { kind: 'find' }>): Fact => {
    const { entity, match } = wanted
    if (entity !== undefined) {
      const one = [...(records.get(entity) ?? [])].find(([, fields]) => matches(fields, match, entity))
      return one === undefined ? {} : { ...one[1], id: one[0] }
    }
    const one = [...cards.values()].find(
      ({ card }) =>
        card.pipeline === wanted.pipeline &&
        (wanted.stage === undefined || card.stage === wanted.stage) &&
        matches(card.fields, match, card.entity),
    )
    return one === undefined ? {} : { ...one.card.fields, id: one.card.id, no: String(one.card.no) }
  }
  const isFree = (resource: string, from: number, to: number): boolean => {
    const capacity = machine.definitions.org.resources.get(resource)?.count ?? 1
    return bookings.filter((one) => one.resource === resource && one.from < to && from < one.to).length < capacity
  }
  const book = (wanted: Booking): boolean => {
    if (!isFree(wanted.resource, wanted.from, wanted.to)) return false
    bookings.push(wanted)
    return true
  }
  const numbered = (id: string, now: number): string | undefined => {
    const series = machine.definitions.series.get(id)
    const n = (numbers.get(id) ?? 0) + 1
    numbers.set(id, n)
    return series === undefined ? undefined : formatNumber(series.pattern, n, now)
  }

  return {
    cards,
    record,
    give,
    /** Writes some fields of a record, and keeps the others. */
    write: (entity: string, id: string, set: Facts): void =>
      give(entity, id, { ...records.get(entity)?.get(id), ...set }),
    standing,
    /** What a decision wants to know, found out or reserved. */
    resolve: (wanted: Wanted, now: number): Fact => {
      switch (wanted.kind) {
        case 'record':
          return record(wanted.entity, wanted.id) ?? outside(wanted, now)
        case 'find':
          return found(wanted)
        case 'free':
          return outside(wanted, now) ?? isFree(wanted.resource, wanted.at, wanted.at + HOUR_MS)
        case 'permit':
          return permits.some(
            ({ permit, record: of, until }) => permit === wanted.permit && of === wanted.record && until > now,
          )
        case 'held':
          return holds.has(`${wanted.vehicle} ${wanted.reason} ${wanted.key ?? ''}`)
        case 'number':
          return numbered(wanted.series, now)
        case 'book':
          return book(wanted)
        default:
          return outside(wanted, now)
      }
    },
    grant: (permit: Of<'permit'>): void => {
      permits.push(permit)
    },
    hold: ({ vehicle, place, lift, key = '' }: Of<'hold'>): void => {
      if (place !== undefined) holds.add(`${vehicle} ${place} ${key}`)
      for (const one of [...holds])
        if (lift !== undefined && one.startsWith(`${vehicle} ${lift} ${key}`)) holds.delete(one)
    },
    holds: (): readonly string[] => [...holds],
    register: ({ entity, key, set, append }: Of<'registry'>): void => {
      const before = records.get(entity)?.get(key) ?? {}
      const appended = Object.entries(append).map(([field, value]) => {
        const list = before[field]
        return [field, [...(Array.isArray(list) ? list : []), value]] as const
      })
      give(entity, key, { ...before, ...set, ...Object.fromEntries(appended) })
    },
    /** The card that a payment fits, once for each payment. */
    paid: ({ key, match }: Of<'payment'>): CardState | undefined => {
      if (payments.has(key)) return undefined
      const card = standing(undefined, match)
      if (card !== undefined) payments.add(key)
      return card
    },
  }
}
