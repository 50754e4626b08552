import { z } from 'zod'
import type { EpochMs } from '#contract/instant.ts'
import { maskedPhone, maskedWord } from '../access/mask.ts'
import type { ParksInSight } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { isInSight, type ParkId, parkFor } from '../parks/park.ts'
import type { DriverChannelRow, DriverRow } from '../postgres/lease-tables.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import { cursorFrom, placeFrom } from '../vehicles/cursor.ts'
import type { World } from '../world.ts'
import type { Clerk } from './clerk.ts'
import {
  changesBetween,
  type DriverChanges,
  type DriverChannel,
  DriverId,
  type DriverState,
  fullName,
  type LegalForm,
  namesOnly,
} from './driver.ts'
import type { DriverQuery, DriverStore } from './driver-store.ts'
import { type BalanceView, DriverSecrets, type DriverView, driverView, NO_SECRETS, secretsOf } from './driver-view.ts'
import type { Phone } from './phone.ts'

type Consent = DriverChannelRow['consent']
export type DriverFields = {
  readonly familyName: string
  readonly givenName: string
  readonly patronymic: string
  readonly legalForm: LegalForm
  readonly state: DriverState
  readonly note: string
  readonly phones: readonly { readonly phone: Phone; readonly main: boolean }[]
  readonly channels: readonly { readonly channel: DriverChannel; readonly address: string; readonly consent: Consent }[]
  readonly ref: { readonly source: string; readonly externalId: string } | null
}

/** What is to be changed; what is left out stays. */
export type DriverWish = { readonly [Field in keyof DriverFields]?: DriverFields[Field] | undefined }

type SecretsWish = { readonly [Field in keyof DriverSecrets]?: DriverSecrets[Field] | undefined }

export type AddDriver = DriverFields & {
  readonly parkId?: ParkId | undefined
  /** Said by a person who has seen that another driver has this number. */
  readonly evenIfKnown: boolean
}

export type DriverService = ReturnType<typeof createDriverService>

type Deps = Pick<World, 'clock' | 'uuid'> &
  Pick<Postgres, 'db' | 'inTransaction'> & {
    readonly driverStore: (db: Db) => DriverStore
    readonly balancesOf: (drivers: readonly DriverId[]) => Promise<ReadonlyMap<DriverId, BalanceView>>
    /** Moves what hangs on a double: leases, shifts, money. Within the merge's transaction. */
    readonly moveBelongings: (
      db: Db,
      merge: { readonly from: DriverRow; readonly into: DriverRow; readonly by: Clerk; readonly at: EpochMs },
    ) => Promise<void>
    /** Somebody's balance may count elsewhere from now on. */
    readonly refChanged: (db: Db, driver: DriverId) => Promise<void>
  }

const ChangePlace = z.strictObject({ id: z.int() })
const Place = z.strictObject({ familyName: z.string(), givenName: z.string(), id: DriverId })

/** Drivers: added, changed with their history kept, found by number, and merged when somebody says so. */
export function createDriverService(deps: Deps) {
  const { clock, inTransaction } = deps
  const reading = deps.driverStore(deps.db)
  const viewsOf = async (rows: readonly DriverRow[], store = reading): Promise<readonly DriverView[]> => {
    const ids = rows.map(({ id }) => id)
    const [details, balances] = await Promise.all([store.detailsOf(ids), deps.balancesOf(ids)])
    return rows.map((row) => driverView(row, details, balances.get(row.id)))
  }
  const seen = (row: DriverRow | undefined, parks: ParksInSight): DriverRow => {
    if (row === undefined || !isInSight(parks, row.parkId)) throw new Fault('driver/unknown')
    return row
  }
  const view = async (id: DriverId, parks: ParksInSight): Promise<DriverView> => {
    const [found] = await viewsOf([seen(await reading.find(id), parks)])
    if (found === undefined) throw new Fault('driver/unknown')
    return found
  }
  /** Whoever has one of these numbers already; told only as far as the clerk may see. */
  const refuseKnown = async (
    store: DriverStore,
    own: DriverId | undefined,
    phones: readonly Phone[],
    parks: ParksInSight,
  ) => {
    const known = (await store.withPhone(phones)).filter(({ id }) => id !== own)
    if (known.length === 0) return
    const matches = known
      .filter(({ parkId }) => isInSight(parks, parkId))
      .map((row) => ({ id: row.id, name: fullName(row) }))
    throw new Fault('driver/known-phone', 'another driver has this number; say evenIfKnown, or merge', { matches })
  }
  const write = async (store: DriverStore, row: DriverRow, fields: DriverFields, before: DriverView | undefined) => {
    const now = clock.now()
    await store.setPhones(row.id, mainFirst(fields.phones))
    const stamped = fields.channels.map((channel) => stampedConsent(channel, before, now))
    await store.setChannels(row.id, stamped)
    const taken = fields.ref === null ? undefined : await store.refTaken(fields.ref)
    if (taken !== undefined && taken.driverId !== row.id) throw new Fault('driver/ref-taken')
    if (JSON.stringify(fields.ref) !== JSON.stringify(before?.ref ?? null)) {
      await store.setRef(row.id, fields.ref ?? undefined)
    }
  }

  return {
    view,
    /** By name. Faults: list/bad-cursor. */
    list: async (query: Omit<DriverQuery, 'after'> & { readonly cursor?: string | undefined }) => {
      const { limit, cursor } = query
      const rows = await reading.list({ ...query, limit: limit + 1, after: placeFrom(Place, cursor) })
      const page = rows.slice(0, limit)
      const last = rows.length > limit ? page.at(-1) : undefined
      const nextCursor =
        last === undefined ? null : cursorFrom({ familyName: last.familyName, givenName: last.givenName, id: last.id })
      return { items: await viewsOf(page), nextCursor }
    },
    /** Faults: driver/known-phone with the others, driver/ref-taken, park/unknown. */
    add: async (wish: AddDriver, by: Clerk): Promise<DriverView> => {
      const parkId = parkFor(by.parks, wish.parkId)
      if (parkId === undefined) throw new Fault('park/unknown')
      const id = DriverId.parse(deps.uuid())
      await inTransaction(async (db) => {
        const store = deps.driverStore(db)
        if (!wish.evenIfKnown)
          await refuseKnown(
            store,
            undefined,
            wish.phones.map(({ phone }) => phone),
            by.parks,
          )
        const row = { ...rowFrom(wish), id, parkId, mergedInto: null, version: 1, createdAt: clock.now() }
        await store.insert(row)
        await write(store, row, wish, undefined)
        if (wish.ref !== null) await deps.refChanged(db, id)
        await store.addChanges(id, changesBetween({}, flat(wish)), by, clock.now())
      })
      return view(id, by.parks)
    },
    /** `version` is the one that was seen. Faults: driver/unknown, driver/changed, driver/merged, driver/known-phone, driver/ref-taken. */
    change: async (
      id: DriverId,
      wish: DriverWish & { readonly version: number; readonly evenIfKnown: boolean },
      by: Clerk,
    ): Promise<DriverView> => {
      await inTransaction(async (db) => {
        const store = deps.driverStore(db)
        const row = seen(await store.findLocked(id), by.parks)
        if (row.state === 'merged') throw new Fault('driver/merged')
        if (row.version !== wish.version) throw new Fault('driver/changed')
        const before = driverView(row, await store.detailsOf([id]), undefined)
        const fields = wished(fieldsOf(before), wish)
        const added = fields.phones.filter(({ phone }) => !before.phones.some((known) => known.phone === phone))
        if (!wish.evenIfKnown)
          await refuseKnown(
            store,
            id,
            added.map(({ phone }) => phone),
            by.parks,
          )
        await store.update({ ...row, ...rowFrom(fields), version: row.version + 1 })
        await write(store, row, fields, before)
        if (JSON.stringify(fields.ref) !== JSON.stringify(before.ref)) await deps.refChanged(db, id)
        await store.addChanges(id, changesBetween(flat(fieldsOf(before)), flat(fields)), by, clock.now())
      })
      return view(id, by.parks)
    },
    /** Faults: driver/unknown. */
    secrets: async (id: DriverId, parks: ParksInSight): Promise<DriverSecrets> => {
      seen(await reading.find(id), parks)
      return secretsOf(await reading.secrets(id))
    },
    /** What is left out stays; of the history, only which ones were changed. Faults: driver/unknown. */
    setSecrets: (id: DriverId, given: SecretsWish, by: Clerk): Promise<DriverSecrets> =>
      inTransaction(async (db) => {
        const store = deps.driverStore(db)
        seen(await store.findLocked(id), by.parks)
        const before = secretsOf(await store.secrets(id))
        const secrets = DriverSecrets.parse({ ...before, ...given })
        const now = clock.now()
        await store.setSecrets({ driverId: id, ...secrets, changedAt: now, erasedAt: null })
        await store.addChanges(id, namesOnly(changesBetween(texts(before), texts(secrets))), by, now)
        return secrets
      }),
    /** Forgets all that is protected. Faults: driver/unknown. */
    eraseSecrets: (id: DriverId, by: Clerk): Promise<void> =>
      inTransaction(async (db) => {
        const store = deps.driverStore(db)
        seen(await store.findLocked(id), by.parks)
        const now = clock.now()
        await store.setSecrets({ driverId: id, ...NO_SECRETS, changedAt: now, erasedAt: now })
        await store.addChanges(id, [{ field: 'secrets', to: 'erased' }], by, now)
      }),
    /** Newest first. Faults: driver/unknown, list/bad-cursor. */
    history: async (
      id: DriverId,
      parks: ParksInSight,
      { limit, cursor }: { limit: number; cursor?: string | undefined },
    ) => {
      seen(await reading.find(id), parks)
      const rows = await reading.history(id, limit + 1, placeFrom(ChangePlace, cursor)?.id)
      const items = rows.slice(0, limit)
      const last = rows.length > limit ? items.at(-1) : undefined
      return {
        items: items.map(({ at, byName, changes }) => ({ at, by: byName, changes: changes.map(withoutNumbers) })),
        nextCursor: last === undefined ? null : cursorFrom({ id: last.id }),
      }
    },
    /** One driver turns out to be another's double: all that is his goes over. Faults: driver/unknown, driver/merged, driver/not-mergeable. */
    merge: async (from: DriverId, into: DriverId, by: Clerk, note: string): Promise<DriverView> => {
      if (from === into) throw new Fault('driver/not-mergeable', 'a driver is not his own double')
      await inTransaction(async (db) => {
        const store = deps.driverStore(db)
        // In one order, so that two merges cannot wait for each other.
        const locked = new Map<DriverId, DriverRow>()
        for (const id of [from, into].sort()) locked.set(id, seen(await store.findLocked(id), by.parks))
        const [double, kept] = [seen(locked.get(from), by.parks), seen(locked.get(into), by.parks)]
        if (double.state === 'merged' || kept.state === 'merged') throw new Fault('driver/merged')
        if (double.parkId !== kept.parkId) throw new Fault('driver/not-mergeable', 'they belong to different parks')
        const at = clock.now()
        const details = await store.detailsOf([from, into])
        const of = (id: DriverId) => driverView(id === from ? double : kept, details, undefined)
        const [gone, stays] = [of(from), of(into)]
        if (gone.ref !== null && stays.ref !== null)
          throw new Fault('driver/not-mergeable', 'both have a balance elsewhere')
        await deps.moveBelongings(db, { from: double, into: kept, by, at })
        await store.setPhones(from, [])
        await store.setRef(from, undefined)
        const phones = [
          ...stays.phones,
          ...gone.phones.filter(({ phone }) => !stays.phones.some((own) => own.phone === phone)),
        ]
        await store.setPhones(into, mainFirst(phones.map(({ phone }, index) => ({ phone, main: index === 0 }))))
        if (stays.ref === null && gone.ref !== null) await store.setRef(into, gone.ref)
        if (gone.ref !== null) await deps.refChanged(db, into)
        await store.update({ ...double, state: 'merged', mergedInto: into, version: double.version + 1 })
        await store.update({ ...kept, version: kept.version + 1 })
        await store.addChanges(
          from,
          [
            { field: 'mergedInto', from: '', to: into },
            { field: 'why', to: note },
          ],
          by,
          at,
        )
        await store.addChanges(
          into,
          [
            { field: 'merged', from: '', to: from },
            { field: 'why', to: note },
          ],
          by,
          at,
        )
      })
      return view(into, by.parks)
    },
  }
}

const mainFirst = (phones: DriverFields['phones']) => {
  const main = phones.find((phone) => phone.main) ?? phones[0]
  return phones.map(({ phone }) => ({ phone, main: phone === main?.phone }))
}

/** A consent keeps its time until the word changes. */
function stampedConsent(channel: DriverFields['channels'][number], before: DriverView | undefined, now: EpochMs) {
  if (channel.consent === 'not-asked') return { ...channel, consentAt: null }
  const known = before?.channels.find((one) => one.channel === channel.channel)
  const same = known?.consent === channel.consent && known.address === channel.address
  return { ...channel, consentAt: (same ? known.consentAt : null) ?? now }
}

const rowFrom = ({ familyName, givenName, patronymic, legalForm, state, note }: DriverFields) => ({
  familyName,
  givenName,
  patronymic,
  legalForm,
  state,
  note,
})

const fieldsOf = (view: DriverView): DriverFields => ({
  ...view,
  state: view.state === 'merged' ? 'left' : view.state,
})

const wished = (before: DriverFields, wish: DriverWish): DriverFields => ({
  familyName: wish.familyName ?? before.familyName,
  givenName: wish.givenName ?? before.givenName,
  patronymic: wish.patronymic ?? before.patronymic,
  legalForm: wish.legalForm ?? before.legalForm,
  state: wish.state ?? before.state,
  note: wish.note ?? before.note,
  phones: wish.phones ?? before.phones,
  channels: wish.channels ?? before.channels,
  ref: wish.ref === undefined ? before.ref : wish.ref,
})

const flat = (fields: DriverFields): Readonly<Record<string, string>> => ({
  ...rowFrom(fields),
  phones: mainFirst(fields.phones)
    .map(({ phone, main }) => (main ? `${phone} (main)` : phone))
    .join(', '),
  channels: fields.channels.map(({ channel, address, consent }) => `${channel} ${address} ${consent}`).join(', '),
  ref: fields.ref === null ? '' : `${fields.ref.source} ${fields.ref.externalId}`,
})

/** The end of a number tells enough of who changed it to what: the history is read by roles that may not see numbers. */
function withoutNumbers({ field, from, to }: DriverChanges[number]): DriverChanges[number] {
  const veiled = (text: string): string =>
    text.replaceAll(/\+\d{7,15}/g, maskedPhone).replaceAll(/\S+@\S+/g, maskedWord)
  return {
    field,
    ...(from === undefined ? {} : { from: veiled(from) }),
    ...(to === undefined ? {} : { to: veiled(to) }),
  }
}

const texts = (secrets: DriverSecrets): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(secrets).map(([name, value]) => [name, value ?? '']))
