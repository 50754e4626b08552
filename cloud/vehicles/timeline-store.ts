import { sql } from 'kysely'
import type { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'

type JsonValue = z.core.util.JSONType

export type TimelineKind =
  | 'hold'
  | 'order'
  | 'crossing'
  | 'permit'
  | 'event'
  | 'status'
  | 'grace'
  | 'unlock-code'
  | 'lease'
  | 'shift'
  | 'ledger'
  | 'inspection'
  | 'paper'
  | 'message'
  | 'card'

/** Something that happened to a vehicle. `key` is unique within the vehicle and breaks ties of time. */
export type Happening = {
  readonly at: EpochMs
  readonly key: string
  readonly kind: TimelineKind
  readonly title: string
  readonly data: Record<string, JsonValue>
}

export type TimelineStore = ReturnType<typeof createTimelineStore>

/** Everything that ever happened to a vehicle, read from where it is kept. */
export function createTimelineStore(db: Db) {
  return {
    /** Newest first, after the given one. */
    page: async (vehicle: VehicleId, limit: number, after?: Pick<Happening, 'at' | 'key'>): Promise<Happening[]> => {
      const bound = after ?? { at: Number.MAX_SAFE_INTEGER, key: '' }
      // Each part is cut to one page before they are put in order: a long history costs no more than a short one.
      const part = (rows: ReturnType<typeof sql>) =>
        sql`(select * from (${rows}) as part where (at, key) < (${bound.at}::bigint, ${bound.key})
          order by at desc, key desc limit ${limit})`
      const parts = [
        sql`select placed_at as at, 'hold-placed ' || id as key, 'hold' as kind, 'placed' as title,
          jsonb_build_object('holdId', id, 'change', 'placed', 'reason', reason, 'note', note, 'orderId', order_id, 'by',
            jsonb_build_object('kind', placed_by_kind, 'id', placed_by_id, 'name', placed_by_name)) as data
          from holds where vehicle_id = ${vehicle}`,
        sql`select lifted_at as at, 'hold-lifted ' || id as key, 'hold' as kind, 'lifted' as title,
          jsonb_build_object('holdId', id, 'change', 'lifted', 'reason', reason, 'note', lift_note, 'by',
            jsonb_build_object('kind', lifted_by_kind, 'id', lifted_by_id, 'name', lifted_by_name)) as data
          from holds where vehicle_id = ${vehicle} and lifted_at is not null`,
        sql`select s.at, 'order ' || s.order_id || ' ' || s.state || ' ' || s.reason as key, 'order' as kind,
          s.state as title, jsonb_build_object('orderId', s.order_id, 'state', s.state, 'action', o.action, 'reasons', o.reasons,
            'by', o.requested_by, 'saidBy', s.said_by, 'reason', nullif(s.reason, ''), 'relay', s.relay,
            'evidence', s.evidence, 'proof', s.proof_word) as data
          from order_steps s join orders o on o.id = s.order_id where s.vehicle_id = ${vehicle}`,
        sql`select given_at as at, 'grace-given ' || id as key, 'grace' as kind, 'given' as title,
          jsonb_build_object('change', 'given', 'until', until_at, 'note', note, 'by',
            jsonb_build_object('kind', given_by_kind, 'id', given_by_id, 'name', given_by_name)) as data
          from graces where vehicle_id = ${vehicle}`,
        sql`select ended_at as at, 'grace-ended ' || id as key, 'grace' as kind, 'ended' as title,
          jsonb_build_object('change', 'ended', 'note', end_note, 'by',
            jsonb_build_object('kind', 'user', 'id', ended_by_name, 'name', ended_by_name)) as data
          from graces where vehicle_id = ${vehicle} and ended_at is not null`,
        sql`select given_at as at, 'unlock-code ' || id as key, 'unlock-code' as kind, 'given' as title,
          jsonb_build_object('counter', counter, 'note', note, 'by',
            jsonb_build_object('kind', 'user', 'id', given_by_name, 'name', given_by_name)) as data
          from unlock_codes where vehicle_id = ${vehicle}`,
        sql`select at, 'crossing ' || zone as key, 'crossing' as kind, side as title,
          jsonb_build_object('zone', zone, 'name', (select name from zones where id::text = zone), 'side', side, 'lat', lat,
            'lon', lon, 'evidence', evidence) as data
          from crossings where vehicle_id = ${vehicle}`,
        sql`select granted_at as at, 'permit-given ' || id as key, 'permit' as kind, 'given' as title,
          jsonb_build_object('permitId', id, 'permit', permit, 'until', until, 'note', note, 'card', card, 'by',
            jsonb_build_object('kind', 'user', 'id', given_by, 'name', given_by)) as data
          from process_permits where entity = 'vehicle' and record = ${vehicle}::text`,
        sql`select until as at, 'permit-ended ' || id as key, 'permit' as kind,
          case when revoked_at is null then 'ended' else 'revoked' end as title,
          jsonb_build_object('permitId', id, 'permit', permit, 'by',
            jsonb_build_object('kind', 'user', 'id', revoked_by, 'name', revoked_by)) as data
          from process_permits where entity = 'vehicle' and record = ${vehicle}::text and end_told_at is not null`,
        sql`select at, 'event ' || stream || ' ' || seq as key, 'event' as kind, name as title,
          jsonb_build_object('name', name, 'gatewayId', gateway_id, 'data', data) as data
          from events where vehicle_id = ${vehicle}`,
        sql`select coalesce(ended_at, booked_at) as at, 'visit ' || id as key, 'inspection' as kind, state as title,
          jsonb_build_object('visitId', id, 'slotAt', slot_at, 'reason', reason, 'note', coalesce(nullif(reason_note, ''),
            condition_note), 'odometerKm', odometer_km, 'condition', condition, 'by', jsonb_build_object('kind', 'user', 'id',
            coalesce(ended_by, booked_by), 'name', coalesce(ended_by, booked_by))) as data
          from inspection_visits where vehicle_id = ${vehicle}`,
        sql`select added_at as at, 'paper ' || id as key, 'paper' as kind, 'added' as title,
          jsonb_build_object('paperId', id, 'paper', kind, 'number', number, 'validUntil', valid_until, 'by',
            jsonb_build_object('kind', 'user', 'id', added_by, 'name', added_by)) as data
          from papers where vehicle_id = ${vehicle}`,
        sql`select created_at as at, 'message ' || id as key, 'message' as kind, kind as title,
          jsonb_build_object('messageId', id, 'text', shown, 'state', state, 'channel', channel, 'driverId', driver_id,
            'deliveredAt', delivered_at, 'trouble', trouble, 'by', jsonb_build_object('kind', 'rule', 'id', because, 'name', because)) as data
          from messages where vehicle_id = ${vehicle}`,
        sql`select at, 'status ' || gateway_id as key, 'status' as kind,
          case when online then 'online' else 'offline' end as title,
          jsonb_build_object('gatewayId', gateway_id, 'online', online, 'software', software) as data
          from gateway_statuses where vehicle_id = ${vehicle}`,
        sql`select s.at, 'lease ' || s.lease_id || ' ' || s.state as key, 'lease' as kind, s.state as title,
          jsonb_build_object('leaseId', s.lease_id, 'number', l.number, 'state', s.state, 'note', s.note,
            'parking', l.parking, 'by', jsonb_build_object('kind', 'user', 'id', s.by_id, 'name', s.by_name)) as data
          from lease_steps s join leases l on l.id = s.lease_id where l.vehicle_id = ${vehicle}`,
        sql`select s.opened_at as at, 'shift-opened ' || s.id as key, 'shift' as kind, 'opened' as title,
          jsonb_build_object('shiftId', s.id, 'change', 'opened', 'driverId', s.driver_id, 'by', s.opened_by) as data
          from shifts s where s.vehicle_id = ${vehicle}`,
        sql`select s.closed_at as at, 'shift-closed ' || s.id as key, 'shift' as kind, 'closed' as title,
          jsonb_build_object('shiftId', s.id, 'change', 'closed', 'driverId', s.driver_id, 'by', s.closed_by) as data
          from shifts s where s.vehicle_id = ${vehicle} and s.closed_at is not null`,
        sql`select t.at, 'ledger ' || t.id as key, 'ledger' as kind, t.kind as title,
          jsonb_build_object('postingId', t.id, 'kind', t.kind, 'driverId', t.driver_id, 'leaseId', t.lease_id,
            'note', t.note, 'kopecks', (select sum(e.kopecks) from ledger_entries e join ledger_accounts a on a.code = e.account
              where e.transaction_id = t.id and a.kind = 'driver')) as data
          from ledger_transactions t where t.vehicle_id = ${vehicle}`,
        sql`select l.at, 'card ' || l.id as key, 'card' as kind, l.kind as title,
          jsonb_build_object('cardId', l.card, 'no', c.no, 'pipeline', l.pipeline, 'change', l.kind,
            'stage', coalesce(l.change ->> 'to', l.change ->> 'stage', l.stage),
            'task', (select t.title from card_tasks t where t.id::text = l.change ->> 'task'),
            'by', jsonb_build_object('kind', l.actor_kind, 'id', l.actor, 'name', coalesce(l.actor_name, ''))) as data
          from card_links k join cards c on c.id = k.card join card_log l on l.card = k.card
          where k.entity = 'vehicle' and k.record = ${vehicle}::text and l.kind in ('born', 'moved', 'done', 'overran')`,
      ]
      const union = sql.join(parts.map(part), sql` union all `)
      const found = await sql<Happening>`select * from (${union}) as everything
        order by at desc, key desc limit ${limit}`.execute(db)
      return found.rows
    },
  }
}
