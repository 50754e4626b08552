import { sql } from 'kysely'
import type { VehicleId } from '#contract/ids.ts'
import type { LastKnownRow } from '../postgres/history-tables.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { LastKnown } from './last-known.ts'

export type LastKnownStore = {
  /** Keeps what is newer than what it has, frame and place each for itself; older ones change nothing. */
  keepNewest(candidates: readonly LastKnown[]): Promise<void>
  of(vehicles: readonly VehicleId[]): Promise<readonly LastKnown[]>
}

/** One row per vehicle. */
export function createLastKnownStore(db: Db): LastKnownStore {
  return {
    keepNewest: async (candidates) => {
      if (candidates.length === 0) return
      await db
        .insertInto('lastKnown')
        .values(candidates.map(rowOf))
        .onConflict((conflict) => conflict.column('vehicleId').doUpdateSet({ ...newerFrame(), ...newerPlace() }))
        .execute()
    },
    of: async (vehicles) => {
      if (vehicles.length === 0) return []
      const rows = await db
        .selectFrom('lastKnown')
        .selectAll()
        .where('vehicleId', 'in', [...vehicles])
        .execute()
      return rows.map(knownOf)
    },
  }
}

const when = <Value>(column: string, newer: ReturnType<typeof sql<boolean>>) =>
  sql<Value>`case when ${newer} then ${sql.ref(`excluded.${column}`)} else ${sql.ref(`last_known.${column}`)} end`

function newerFrame() {
  const newer = sql<boolean>`excluded.read_at >= last_known.read_at`
  return {
    gatewayId: when<LastKnownRow['gatewayId']>('gateway_id', newer),
    stream: when<LastKnownRow['stream']>('stream', newer),
    seq: when<LastKnownRow['seq']>('seq', newer),
    frame: when<string>('frame', newer),
    readAt: when<LastKnownRow['readAt']>('read_at', newer),
  }
}

function newerPlace() {
  const newer = sql<boolean>`excluded.place_at is not null
    and (last_known.place_at is null or excluded.place_at >= last_known.place_at)`
  return {
    placeLat: when<number | null>('place_lat', newer),
    placeLon: when<number | null>('place_lon', newer),
    placeAccuracyM: when<number | null>('place_accuracy_m', newer),
    placeAt: when<LastKnownRow['placeAt']>('place_at', newer),
  }
}

const rowOf = ({ vehicleId, gateway, stream, seq, frame, place }: LastKnown) => ({
  vehicleId,
  gatewayId: gateway,
  stream,
  seq,
  readAt: frame.readAt,
  frame: JSON.stringify(frame),
  placeLat: place?.lat ?? null,
  placeLon: place?.lon ?? null,
  placeAccuracyM: place?.accuracyM ?? null,
  placeAt: place?.at ?? null,
})

type Selected = Omit<LastKnownRow, 'frame'> & { readonly frame: LastKnown['frame'] }

function knownOf(row: Selected): LastKnown {
  const { placeLat: lat, placeLon: lon, placeAccuracyM: accuracyM, placeAt: at } = row
  return {
    vehicleId: row.vehicleId,
    gateway: row.gatewayId,
    stream: row.stream,
    seq: row.seq,
    frame: row.frame,
    place: lat === null || lon === null || at === null ? null : { lat, lon, accuracyM, at },
  }
}
