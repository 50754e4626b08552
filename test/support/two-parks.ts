import { createHash, randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { z } from 'zod'
import type { CommissioningSheet } from '#contract/commissioning.ts'
import { GatewayId, VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { createPostgres, type Db } from '../../cloud/postgres/postgres-client.ts'
import { png } from './pictures.ts'
import { silentLog } from './silent-log.ts'
import { systemClock } from './system-clock.ts'

/** What stands in one park: an id by the kind of thing, as its address names it. */
export type Standing = Readonly<Record<string, string>>
/** Texts by which a thing of this park would be known in an answer: a car, a driver, somebody who writes or calls. */
export type Marks = { readonly plate: string; readonly phone: string; readonly lead: string; readonly name: string }
type Made = (url: string, payload: object) => Promise<{ readonly id: string; readonly body: unknown }>

/** What hangs on the commissioning sheet of each gateway. */
const PHOTO = png()
export const PHOTO_SHA256 = createHash('sha256').update(PHOTO).digest('hex')

/** One of everything that REST makes, in this park. */
export async function furnish(made: Made, parkId: string, marks: Marks): Promise<Standing> {
  const idOf = async (url: string, payload: object) => (await made(url, payload)).id
  const { plate, phone, lead, name } = marks
  const soon = new Date(systemClock.now() + 20 * 3_600_000).toISOString()
  const vehicles = await idOf('/api/vehicles', { plate, model: 'Haval', parkId })
  const gateways = await idOf('/api/gateways', { vehicleId: vehicles })
  const person = { familyName: name, givenName: plate, legalForm: 'self-employed', phones: [{ phone }], parkId }
  const drivers = await idOf('/api/drivers', person)
  const paper = { number: `${plate} 1`, validUntil: '2099-01-01' }
  const papers = await idOf(`/api/vehicles/${vehicles}/papers`, { ...paper, kind: 'dk' })
  for (const kind of ['osago', 'osgop']) await made(`/api/vehicles/${vehicles}/papers`, { ...paper, kind })
  const leases = await idOf('/api/leases', {
    vehicleId: vehicles,
    plan: 'rent',
    drivers: [{ driverId: drivers, main: true }],
    startsOn: '2026-01-01',
    schedule: { rates: [250_000, 250_000, 250_000, 250_000, 250_000, 150_000, 0] },
  })
  await made(`/api/leases/${leases}/activate`, { note: 'передан' })
  await made('/api/papers/renewals', { items: [{ vehicleId: vehicles, kind: 'dk' }] })
  const Renewed = z.object({ items: z.array(z.object({ renewal: z.object({ id: z.string() }).nullable() })) })
  const stations = await idOf('/api/inspection-stations', {
    ...{ parkId, name: `Станция ${name}`, boxes: 1, opens: '09:00', closes: '18:00', slotMinutes: 60 },
    weekdays: [0, 1, 2, 3, 4],
  })
  const circle = { lat: 55.7, lon: 37.6, radiusM: 500 }
  const zones = await idOf('/api/zones', { kind: 'parking', name: `Стоянка ${name}`, parkId, circle })
  const permits = await idOf(`/api/vehicles/${vehicles}/permits`, { until: soon, note: name })
  const Posted = z.object({ posting: z.object({ id: z.string() }) })
  const money = { driverId: drivers, kopecks: 100, note: name }
  const postings = Posted.parse((await made('/api/ledger/top-ups', { ...money, via: 'cash' })).body).posting.id
  const promises = await idOf('/api/ledger/promises', { ...money, until: soon })
  const login = `phone-of-${plate.slice(1, 4)}`
  const Tracked = z.object({ tracker: z.object({ id: z.string() }) })
  const tracker = await made('/api/trackers', { kind: 'owntracks', login, device: 'one', vehicleId: vehicles })
  const account = { channel: 'site', title: `Сайт ${name}`, source: `Сайт ${name}`, signed: 'no', parkId }
  const site = await made('/api/inbox-accounts', account)
  const { path } = z.object({ path: z.string() }).parse(site.body)
  await made(path, { id: 1, from: name, name, phone: lead, text: `Пишет ${name}` })
  const inbox = z.object({ items: z.array(z.object({ id: z.string(), name: z.string().nullable() })) })
  const written = inbox.parse((await made('/api/inbox', {})).body).items.find((one) => one.name === name)
  const renewals = Renewed.parse((await made(`/api/papers`, { limit: 500 })).body)
  return {
    ...{ vehicles, gateways, drivers, leases, papers, zones, permits, parks: parkId },
    'inspection-stations': stations,
    renewals: renewals.items.flatMap(({ renewal }) => renewal?.id ?? []).at(-1) ?? '',
    'ledger/postings': postings,
    'ledger/promises': promises,
    trackers: Tracked.parse(tracker.body).tracker.id,
    'tracker-logins': login,
    'inbox-accounts': site.id,
    inbox: written?.id ?? '',
  }
}

/** One of everything that comes of itself (calls, decisions, messages …), written beside a cloud that stands still. */
export async function comeOfItself(
  dataDir: string,
  sides: readonly { readonly standing: Standing; readonly marks: Marks }[],
): Promise<readonly Standing[]> {
  const postgres = createPostgres({ databaseUrl: undefined, dataDir, log: silentLog })
  try {
    const found: Standing[] = []
    for (const { standing, marks } of sides)
      found.push({ ...standing, ...(await written(postgres.db, standing, marks)) })
    const trial = await tried(postgres.db, found)
    return found.map((standing) => ({ ...standing, trial }))
  } finally {
    await postgres.close()
  }
}

async function written(db: Db, standing: Standing, { plate, phone, lead, name }: Marks): Promise<Standing> {
  const { vehicles: vehicle, drivers: driver, gateways: gateway, parks: park } = standing
  const [card, carCard, task, file, call, driverCall] = Array.from({ length: 6 }, () => randomUUID())
  const [order, message, appeal, decision] = Array.from({ length: 4 }, () => randomUUID())
  const serial = `serial-${plate.slice(1, 4)}`
  const at = 1_760_000_000_000
  const put = async (id: string | undefined, entity: 'driver' | 'vehicle', record: string | undefined) => {
    await sql`insert into cards (id, pipeline, definition, stage, entered_at, created_at, entity, fields, version, repeats, author)
      select ${id}, 'accident', max(version), 'reported', ${at}, ${at}, 'deal',
        ${JSON.stringify({ [entity]: record, name, phone: lead })}::jsonb, 1, '{}', null from process_definitions`.execute(
      db,
    )
    await sql`insert into card_links (card, entity, record) values (${id}, ${entity}, ${record})`.execute(db)
  }
  await put(card, 'driver', driver)
  await put(carCard, 'vehicle', vehicle)
  await sql`insert into card_log (card, version, at, pipeline, stage, kind, change, actor_kind, actor)
    values (${card}, 1, ${at}, 'accident', 'reported', 'born', ${JSON.stringify({ stage: 'reported', name })}, 'system', 'engine')`.execute(
    db,
  )
  await sql`insert into card_tasks (id, card, kind, template, title, assignee, watchers, priority, open_from, due_at, created_at, state, of_limit)
    values (${task}, ${card}, 'do', 'accident_first_call', ${`Позвонить: ${name}`}, 'role:manager', '[]', 100, ${at}, ${at}, ${at}, 'open', false)`.execute(
    db,
  )
  await sql`insert into process_files (id, card, name, type, size, sha256, bytes, added_at, added_by)
    values (${file}, ${card}, ${`${name}.pdf`}, 'application/pdf', 4, 'none', ${Buffer.from('%PDF')}, ${at}, 'Кордон')`.execute(
    db,
  )
  await sql`insert into process_numbers (series, scope, period, n, number, card, given_at)
    values ('lease', ${park}, '2026', 1, '1', ${card}, ${at})`.execute(db)
  await sql`insert into process_records (entity, id, fields, version, changed_at)
    values ('machine', ${serial}, ${JSON.stringify({ serial: serial, vehicle, buyer: name })}::jsonb, 1, ${at})`.execute(
    db,
  )
  for (const [id, from] of [
    [call, '+74990000000'],
    [driverCall, phone],
  ])
    await sql`insert into phone_calls (id, exchange, call_id, direction, caller, source, started_at, recording, joined_at)
      values (${id}, 'one', ${id}, 'in', ${from}, ${`Объявление ${name}`}, ${at}, 'kept', ${at})`.execute(db)
  await sql`insert into phone_call_cards (call, card) values (${call}, ${card})`.execute(db)
  await sql`insert into phone_recordings (call, type, size, sha256, bytes, fetched_at)
    values (${call}, 'audio/mpeg', 4, 'none', ${Buffer.from('tone')}, ${at})`.execute(db)
  await sql`insert into phone_requests (key, kind, card, asked_at, asked_by, state, attempts)
    values (${`request-${plate}`}, 'call', ${card}, ${at}, ${name}, 'taken', 1)`.execute(db)
  await sql`insert into orders (id, vehicle_id, gateway_id, action, reasons, requested_by, issued_at, state, state_at, state_by)
    values (${order}, ${vehicle}, ${gateway}, 'unblock', '[]', ${name}, ${at}, 'verified', ${at}, 'cloud')`.execute(db)
  await sql`insert into messages (id, key, kind, text, shown, to_kind, to_name, driver_id, vehicle_id, park_id, ways, proof, state, created_at)
    values (${message}, ${message}, 'debt', ${name}, ${name}, 'driver', ${name}, ${driver}, ${vehicle}, ${park}, '[]', false, 'sent', ${at})`.execute(
    db,
  )
  await sql`insert into appeals (id, driver_id, park_id, vehicle_id, reason, holds, at)
    values (${appeal}, ${driver}, ${park}, ${vehicle}, ${name}, '[]', ${at})`.execute(db)
  await sql`insert into rule_decisions (id, rule_id, version, mode, subject, each_key, event_id, vehicle_id, driver_id, at, outcome, fired, inputs, because)
    select ${decision}, min(id), 1, 'acting', ${vehicle}, '', ${decision}, ${vehicle}, ${driver}, ${at}, 'satisfied', true, '[]',
      ${JSON.stringify({ where: null, if: 'satisfied', unless: null, missing: [] })}::jsonb from rules`.execute(db)
  const sheet = commissioningSheet(gateway, vehicle, at, PHOTO)
  await sql`insert into commissioning_sheets (gateway_id, at, by_name, sheet) values (${gateway}, ${at}, ${name}, ${sheet})`.execute(
    db,
  )
  await sql`insert into commissioning_photos (gateway_id, sha256, bytes, by_name, received_at)
    values (${gateway}, ${PHOTO_SHA256}, ${PHOTO}, ${name}, ${at})`.execute(db)
  const ids = { card, carCard, task, file, call, driverCall, order, message, appeal, decision }
  return {
    ...{ cards: ids.card ?? '', 'car-card': ids.carCard ?? '', tasks: ids.task ?? '', documents: ids.file ?? '' },
    ...{ calls: ids.call ?? '', 'driver-call': ids.driverCall ?? '', orders: ids.order ?? '' },
    'dispatcher/machines': serial,
    ...{ messages: ids.message ?? '', appeals: ids.appeal ?? '', decisions: ids.decision ?? '' },
  }
}

/** A sheet with one photo, as it is kept; its signature is left to its own test. */
export function commissioningSheet(gateway: unknown, vehicle: unknown, at: number, photo: Uint8Array): string {
  const sha256 = createHash('sha256').update(photo).digest('hex')
  const sheet: CommissioningSheet = {
    schema: 'kordon-commissioning/1',
    gatewayId: GatewayId.parse(gateway),
    vehicleId: VehicleId.parse(vehicle),
    ...{ at: epochMs(at), by: 'Иванов', note: '', software: '1', wiring: sha256, profiles: [] },
    configuration: { version: 1, hash: sha256 },
    results: [{ step: 'gps', outcome: 'passed', at: epochMs(at), facts: [] }],
    photos: [{ name: 'panel.png', type: 'image/png', bytes: photo.length, sha256, location: 'none' }],
  }
  return `e30.${Buffer.from(JSON.stringify(sheet)).toString('base64url')}.`
}

/** One trial of a rule over the cars of all parks. */
async function tried(db: Db, sides: readonly Standing[]): Promise<string> {
  const [id, at] = [randomUUID(), 1_760_000_000_000]
  const cars = sides.map(({ vehicles }) => vehicles)
  const hits = cars.map((car) => ({ subject: car, vehicleId: car, driverId: null, at, until: null }))
  const counts = { subjects: 2, evaluations: 2, hitCount: 2, vehicles: 2, vehiclesNow: 0, unknownShare: 0 }
  const result = { from: at, to: at, ...counts, hits, added: cars, spared: [] }
  await sql`insert into what_ifs (id, at, by_id, by_name, wish, state, done_share, result)
    values (${id}, ${at}, 'one', 'one', '{}', 'done', 1, ${JSON.stringify(result)}::jsonb)`.execute(db)
  return id
}
