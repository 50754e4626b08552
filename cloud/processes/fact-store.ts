import { sql } from 'kysely'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { Wanted } from './engine/card.ts'
import type { Machine } from './engine/machine.ts'
import { formatNumber, periodOf } from './engine/number.ts'
import { factsFrom } from './stored-facts.ts'

/** What other slices know. Undefined: not known, or too old. */
export type OutsideReads = {
  /** Fields that live elsewhere (plate and holds of a vehicle, phone of a driver), laid over our own record, which is `own`. */
  record(entity: string, id: string, own: Facts | undefined): Promise<Facts | undefined>
  /** Ids of records that live elsewhere and have this value in this field. */
  find?(entity: string, field: string, value: Fact): Promise<readonly string[]>
  balance(driver: string, maxAgeMs: number | undefined): Promise<Fact>
  held(vehicle: string, reason: string, key: string | undefined): Promise<Fact>
  /** Permits that another slice keeps; undefined: the cards' own table does. */
  permit?(permit: string, record: string, now: number): Promise<boolean | undefined>
  zoneState(vehicle: string, zone: string): Promise<Fact>
  areaOutage(vehicle: string): Promise<Fact>
  shift(vehicle: string): Promise<Fact>
}

export type FactStore = ReturnType<typeof createFactStore>
const SLOT_MS = 15 * 60_000

/** Answers what a decision wants to know, and reserves what it wants to have, within the caller's transaction. */
export function createFactStore(db: Db, outside: OutsideReads) {
  const record = async (entity: string, id: string): Promise<Facts | undefined> => {
    const row = await db
      .selectFrom('processRecords')
      .select('fields')
      .where('entity', '=', entity)
      .where('id', '=', id)
      .executeTakeFirst()
    const own = row && factsFrom(row.fields)
    const other = await outside.record(entity, id, own)
    return own === undefined && other === undefined ? undefined : { ...own, ...other }
  }

  const find = async ({ pipeline, stage, entity, match }: Extract<Wanted, { kind: 'find' }>): Promise<Fact> => {
    // What is sought by a value that nobody knows is not found; it must not be anything at all.
    if (Object.values(match).some((value) => value === undefined)) return {}
    if (entity !== undefined) {
      const row = await db
        .selectFrom('processRecords')
        .select(['id', 'fields'])
        .where('entity', '=', entity)
        .where(sql<boolean>`fields @> ${JSON.stringify(bare(match))}::jsonb`)
        .orderBy('id')
        .executeTakeFirst()
      return row === undefined ? {} : { ...factsFrom(row.fields), id: row.id }
    }
    let cards = db
      .selectFrom('cards')
      .select(['id', 'no', 'fields'])
      .where('pipeline', '=', pipeline ?? '')
      .where('closedAt', 'is', null)
    if (stage !== undefined) cards = cards.where('stage', '=', stage)
    for (const [path, value] of Object.entries(match)) {
      const [first = '', second] = path.split('.')
      const same = JSON.stringify({ [second ?? first]: value })
      const elsewhere = second === undefined || first === 'deal' ? [] : await outside.find?.(first, second, value)
      cards =
        second === undefined || first === 'deal'
          ? cards.where(sql<boolean>`cards.fields @> ${same}::jsonb`)
          : cards.where('id', 'in', (of) =>
              of
                .selectFrom('cardLinks')
                .leftJoin('processRecords', (join) =>
                  join
                    .onRef('processRecords.entity', '=', 'cardLinks.entity')
                    .onRef('processRecords.id', '=', 'cardLinks.record'),
                )
                .select('cardLinks.card')
                .where('cardLinks.entity', '=', first)
                .where(({ or, eb }) =>
                  or([
                    sql<boolean>`process_records.fields @> ${same}::jsonb`,
                    ...(elsewhere === undefined || elsewhere.length === 0
                      ? []
                      : [eb('cardLinks.record', 'in', [...elsewhere])]),
                  ]),
                ),
            )
    }
    const row = await cards.orderBy('enteredAt').executeTakeFirst()
    return row === undefined ? {} : { ...factsFrom(row.fields), id: row.id, no: String(row.no) }
  }

  const unitsOf = async (machine: Machine, resource: string): Promise<readonly string[]> => {
    const declared = machine.definitions.org.resources.get(resource)
    const role = declared?.role?.name ?? (machine.definitions.org.roles.has(resource) ? resource : undefined)
    if (declared?.count === undefined && role !== undefined) {
      const people = await db
        .selectFrom('processPeople')
        .select('account')
        .where('role', '=', role)
        .orderBy('account')
        .execute()
      return people.map(({ account }) => account)
    }
    return Array.from({ length: declared?.count ?? 1 }, (_, index) => String(index + 1))
  }
  const slotsOf = (from: number, to: number): readonly number[] => {
    const first = Math.floor(from / SLOT_MS)
    return Array.from({ length: Math.max(1, Math.ceil(to / SLOT_MS) - first) }, (_, index) => first + index)
  }
  /** Units that somebody else has; what the card itself holds it may move. */
  const takenUnits = async (
    resource: string,
    slots: readonly number[],
    card: string | undefined,
  ): Promise<ReadonlySet<string>> => {
    let taken = db
      .selectFrom('processBookingSlots')
      .select('unit')
      .distinct()
      .where('resource', '=', resource)
      .where('slot', 'in', [...slots])
    if (card !== undefined) taken = taken.where('card', '<>', card)
    const rows = await taken.execute()
    return new Set(rows.map(({ unit }) => unit))
  }

  /** Own slots that the new booking takes over. */
  const release = async (resource: string, card: string, slots: readonly number[], unit: string): Promise<void> => {
    await db
      .deleteFrom('processBookingSlots')
      .where('resource', '=', resource)
      .where('card', '=', card)
      .where('unit', '=', unit)
      .where('slot', 'in', [...slots])
      .execute()
  }
  /** A card that is booked anew does not keep the hours to come that it had before. */
  const releaseOthers = async (resource: string, card: string, booking: string, now: number): Promise<void> => {
    await db
      .deleteFrom('processBookingSlots')
      .where('resource', '=', resource)
      .where('card', '=', card)
      .where('booking', '<>', booking)
      .where('slot', '>', Math.floor(now / SLOT_MS))
      .execute()
  }

  return {
    record,
    resolve: async (
      wanted: Wanted,
      {
        machine,
        card,
        now,
        uuid,
      }: { readonly machine: Machine; readonly card: string; readonly now: number; readonly uuid: string },
    ): Promise<Fact> => {
      switch (wanted.kind) {
        case 'record':
          return record(wanted.entity, wanted.id)
        case 'find':
          return find(wanted)
        case 'permit': {
          const kept = await outside.permit?.(wanted.permit, wanted.record, now)
          if (kept !== undefined) return kept
          const row = await db
            .selectFrom('processPermits')
            .select('id')
            .where('record', '=', wanted.record)
            .where('permit', '=', wanted.permit)
            .where('until', '>', now)
            .executeTakeFirst()
          return row !== undefined
        }
        case 'free': {
          const slot = machine.definitions.org.resources.get(wanted.resource)?.slot?.ms ?? 3_600_000
          const units = await unitsOf(machine, wanted.resource)
          const taken = await takenUnits(wanted.resource, slotsOf(wanted.at, wanted.at + slot), undefined)
          return units.some((unit) => !taken.has(unit))
        }
        case 'book': {
          const slots = slotsOf(wanted.from, wanted.to)
          const units = wanted.who === undefined ? await unitsOf(machine, wanted.resource) : [wanted.who]
          const taken = await takenUnits(wanted.resource, slots, card)
          for (const unit of units.filter((one) => !taken.has(one))) {
            const rows = slots.map((slot) => ({ resource: wanted.resource, unit, slot, booking: uuid, card }))
            await release(wanted.resource, card, slots, unit)
            const done = await db
              .insertInto('processBookingSlots')
              .values(rows)
              .onConflict((conflict) => conflict.doNothing())
              .returning('slot')
              .execute()
            if (done.length === slots.length) {
              await releaseOthers(wanted.resource, card, uuid, now)
              return true
            }
            await db
              .deleteFrom('processBookingSlots')
              .where('booking', '=', uuid)
              .where('unit', '=', unit)
              .where('card', '=', card)
              .execute()
          }
          return false
        }
        case 'number': {
          const series = machine.definitions.series.get(wanted.series)
          if (series === undefined) return undefined
          return nextNumber(db, {
            series: series.id,
            scope: series.scope,
            period: periodOf(series.reset, now),
            pattern: series.pattern,
            card,
            now,
          })
        }
        case 'balance':
          return outside.balance(wanted.record, wanted.maxAge)
        case 'held':
          return outside.held(wanted.vehicle, wanted.reason, wanted.key)
        case 'zoneState':
          return outside.zoneState(wanted.vehicle, wanted.zone)
        case 'areaOutage':
          return outside.areaOutage(wanted.vehicle)
        case 'shift':
          return outside.shift(wanted.vehicle)
      }
    },

    /** Rows of a registry by id, each with its id; as they are written, without what other slices know. */
    rows: async (
      entity: string,
      { limit, after }: { readonly limit: number; readonly after: string },
    ): Promise<readonly (Facts & { readonly id: string })[]> => {
      const found = await db
        .selectFrom('processRecords')
        .select(['id', 'fields'])
        .where('entity', '=', entity)
        .where('id', '>', after)
        .orderBy('id')
        .limit(limit)
        .execute()
      return found.map(({ id, fields }) => ({ ...factsFrom(fields), id }))
    },

    /** Writes fields of a record of ours; those that are absent are taken out. */
    write: async (entity: string, id: string, set: Facts, now: number): Promise<void> => {
      const own = await db
        .selectFrom('processRecords')
        .select(['fields', 'version'])
        .where('entity', '=', entity)
        .where('id', '=', id)
        .forUpdate()
        .executeTakeFirst()
      const fields = JSON.stringify({ ...(own === undefined ? {} : factsFrom(own.fields)), ...set })
      const version = (own?.version ?? 0) + 1
      await db
        .insertInto('processRecords')
        .values({ entity, id, fields, version, changedAt: now })
        .onConflict((conflict) => conflict.columns(['entity', 'id']).doUpdateSet({ fields, version, changedAt: now }))
        .execute()
    },
  }
}

const bare = (match: Facts): Facts =>
  Object.fromEntries(Object.entries(match).map(([path, value]) => [path.split('.').at(-1) ?? path, value]))

type NextNumber = {
  readonly series: string
  readonly scope: string
  readonly period: string
  readonly pattern: string
  readonly card: string
  readonly now: number
}

/**
 * The next number, allocated in the transaction that makes the document: the row of the series stays locked until it
 * ends, so numbers have no gaps and no doubles. Rolled back, the number is given to the next one.
 */
export async function nextNumber(db: Db, { series, scope, period, pattern, card, now }: NextNumber): Promise<string> {
  const { last } = await db
    .insertInto('processSeries')
    .values({ series, scope, period, last: 1 })
    .onConflict((conflict) =>
      conflict.columns(['series', 'scope', 'period']).doUpdateSet({ last: sql<number>`process_series.last + 1` }),
    )
    .returning('last')
    .executeTakeFirstOrThrow()
  const number = formatNumber(pattern, last, now)
  await db
    .insertInto('processNumbers')
    .values({ series, scope, period, n: last, number, card, givenAt: now, cancelledAt: null, cancelledWhy: null })
    .execute()
  return number
}
