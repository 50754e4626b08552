import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { EpochMs } from '#contract/instant.ts'
import { type Odometer, odometerAt, restarted } from './odometer.ts'

export type OdometerStore = { load(): Odometer; save(odometer: Odometer): void }

const Step = z.object({
  lat: z.number(),
  lon: z.number(),
  time: EpochMs,
  speedKmh: z.number().exactOptional(),
  accuracyM: z.number().exactOptional(),
})
const count = z.number().min(0).catch(0)

/** Whatever else cannot be read, the metres are: only they must never be lost. */
const Kept = z.object({
  metres: z.number().min(0),
  errorM: count,
  engineMs: count,
  by: z
    .object({ odometer: count, wheel: count, doppler: count, positions: count, straight: count })
    .catch(odometerAt(0).by),
  path: z.object({ anchor: Step.optional() }).catch({}),
  dashboard: z
    .object({ metres: z.number(), offsetM: z.number(), stepM: z.number(), counter: z.string().exactOptional() })
    .optional()
    .catch(undefined),
  wheelScale: z.number().optional().catch(undefined),
})

/** The odometer as text: kept beside each frame that was made with it. The last minute's crawl is not kept. */
export const odometerText = (odometer: Odometer): string => {
  const { path, ...rest } = restarted(odometer)
  return JSON.stringify({ ...rest, path: path.anchor === undefined ? {} : { anchor: path.anchor } })
}

/** Reads `odometerText`, and the bare metres that earlier software kept. Undefined when it is neither. */
export function readOdometerText(text: string | undefined): Odometer | undefined {
  if (text === undefined) return undefined
  const parsed = Kept.safeParse(jsonOf(text))
  if (!parsed.success) return Number.isFinite(Number(text)) ? odometerAt(Number(text)) : undefined
  const { path, dashboard, wheelScale, ...counts } = parsed.data
  return {
    ...counts,
    path: path.anchor === undefined ? { since: [] } : { anchor: path.anchor, since: [path.anchor] },
    ...(dashboard === undefined ? {} : { dashboard }),
    ...(wheelScale === undefined ? {} : { wheelScale }),
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The odometer in the state file. It never goes back: a smaller number is not kept. */
export function createOdometerStore(db: DatabaseSync): OdometerStore {
  db.exec(`
    CREATE TABLE IF NOT EXISTS odometer (id INTEGER PRIMARY KEY CHECK (id = 1), metres REAL NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS odometer_detail (id INTEGER PRIMARY KEY CHECK (id = 1), body TEXT NOT NULL) STRICT;`)
  const select = db.prepare('SELECT metres FROM odometer WHERE id = 1')
  const selectDetail = db.prepare('SELECT body FROM odometer_detail WHERE id = 1')
  const upsert = db.prepare(`INSERT INTO odometer (id, metres) VALUES (1, ?)
    ON CONFLICT (id) DO UPDATE SET metres = max(metres, excluded.metres)`)
  const upsertDetail = db.prepare(`INSERT INTO odometer_detail (id, body) VALUES (1, ?)
    ON CONFLICT (id) DO UPDATE SET body = excluded.body`)
  const load = (): Odometer => {
    const metres = Number(select.get()?.['metres'] ?? 0)
    const body = selectDetail.get()?.['body']
    const detail = body === undefined ? undefined : readOdometerText(String(body))
    return detail !== undefined && detail.metres >= metres ? detail : odometerAt(metres)
  }
  return {
    load,
    save: (odometer) => {
      if (odometer.metres < load().metres) return
      // The detail first: cut between the two, it is the further one and counts.
      upsertDetail.run(odometerText(odometer))
      upsert.run(odometer.metres)
    },
  }
}
