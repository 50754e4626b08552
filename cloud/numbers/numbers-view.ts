import { z } from 'zod'
import { VehicleId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Day } from '../calendar/moscow-day.ts'
import { DriverId } from '../drivers/driver.ts'
import { IDLE_REASONS } from '../idle/idle.ts'

export const NumberName = z.enum(['idle', 'money-at-risk', 'arrears', 'ready-to-line', 'overdue-inspections'])
export type NumberName = z.infer<typeof NumberName>

/** Where the list behind a number is. */
const href = z.string()
const Share = z.strictObject({ share: z.number().nullable(), href })
const Forecast = {
  forDay: Day,
  expectedKopecks: z.int(),
  p20Kopecks: z.int(),
  p80Kopecks: z.int(),
}

/** The numbers of the morning; null where nobody knows. */
export const MorningView = z
  .strictObject({
    asOf: Instant,
    from: Instant,
    vehicles: z.int(),
    leased: z.int(),
    /** КВЛ: vehicle-time on the line of all vehicle-time. */
    onLine: Share,
    /** КТГ: fit of all; fit less on the line is the money left on the lot. */
    fit: Share,
    idle: z
      .array(
        z.strictObject({ reason: z.enum(IDLE_REASONS), vehicles: z.int(), hours: z.number(), kopecks: z.int(), href }),
      )
      .nullable(),
    moneyAtRisk: z.strictObject({
      kopecks: z.int(),
      vehicles: z.int(),
      /** Of these nobody has said what they are worth. */
      unvalued: z.int(),
      href,
    }),
    arrears: z.strictObject({
      ...Forecast,
      drivers: z.int(),
      /** Drivers whose balance is unknown or too old: not in the sum. */
      unknown: z.int(),
      lastWeek: z.strictObject({ ...Forecast, madeOn: Day, actualKopecks: z.int().nullable() }).nullable(),
      href,
    }),
    readyToLine: z.strictObject({
      medianMinutes: z.number().nullable(),
      p90Minutes: z.number().nullable(),
      count: z.int().nullable(),
      href,
    }),
    overdueInspections: z.strictObject({ count: z.int().nullable(), href }),
  })
  .meta({ id: 'Morning' })
export type MorningView = z.infer<typeof MorningView>

export const NumberItem = z.strictObject({
  vehicle: z.strictObject({ id: VehicleId, plate: z.string() }).nullable(),
  driver: z.strictObject({ id: DriverId, name: z.string() }).nullable(),
  kopecks: z.int().nullable(),
  minutes: z.number().nullable(),
  note: z.string(),
})
export type NumberItem = z.infer<typeof NumberItem>

const Count = z.int()
export const LotView = z
  .strictObject({
    asOf: Instant,
    vehicles: Count,
    /** Free, papers in force, no hold, gateway in contact and its relay tested. */
    ready: Count,
    inRepair: Count,
    /** Of the zone of work, while a position is believed. */
    zone: z.strictObject({ inside: Count, outside: Count, unknown: Count }),
    /** By drawn parking; null: at none of them. */
    places: z
      .array(z.strictObject({ parking: z.string().nullable(), vehicles: Count, ready: Count, inRepair: Count }))
      .readonly(),
  })
  .meta({ id: 'Lot' })
export type LotView = z.infer<typeof LotView>
