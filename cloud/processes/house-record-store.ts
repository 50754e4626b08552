import { z } from 'zod'
import type { VehicleId } from '#contract/ids.ts'
import { DayTime, midnight, momentOf } from '../calendar/moscow-day.ts'
import { type DriverId, fullName } from '../drivers/driver.ts'
import { Phone } from '../drivers/phone.ts'
import type { Fact, Facts } from '../expressions/fact-type.ts'
import type { Db } from '../postgres/postgres-client.ts'

export type HouseRecordStore = ReturnType<typeof createHouseRecordStore>

const MIDNIGHT = DayTime.parse('00:00')
/** The house's words for what the files call ip, selfemployed and person. */
const LEGAL_FORMS: Readonly<Record<string, string>> = {
  'sole-trader': 'ip',
  'self-employed': 'selfemployed',
  person: 'person',
}

/** What the house's own tables say of a car's upkeep and of a driver, as fields of the files; absent: nobody knows. */
export function createHouseRecordStore(db: Db) {
  return {
    /** Odometer and hours as the car last told them (they only grow, so an old one still counts), and the next inspection. */
    upkeepOf: async (vehicle: VehicleId): Promise<Facts> => {
      const plan = await db
        .selectFrom('inspectionPlans')
        .select(['dueKm', 'dueOn', 'stepKm', 'stepDays', 'postponed'])
        .where('vehicleId', '=', vehicle)
        .executeTakeFirst()
      const known = await db.selectFrom('lastKnown').select('frame').where('vehicleId', '=', vehicle).executeTakeFirst()
      return {
        ...(plan === undefined
          ? {}
          : {
              postponed: plan.postponed,
              inspectionStepKm: plan.stepKm,
              inspectionStepDays: plan.stepDays,
              ...(plan.dueKm === null ? {} : { inspectionDueKm: plan.dueKm }),
              ...(plan.dueOn === null ? {} : { inspectionDueOn: momentOf(plan.dueOn, MIDNIGHT) }),
            }),
        ...metersOf(known?.frame),
      }
    },
    driver: async (id: DriverId): Promise<Facts | undefined> => {
      const row = await db
        .selectFrom('drivers')
        .select(['familyName', 'givenName', 'patronymic', 'legalForm'])
        .where('id', '=', id)
        .executeTakeFirst()
      if (row === undefined) return undefined
      const phone = await db
        .selectFrom('driverPhones')
        .select('phone')
        .where('driverId', '=', id)
        .orderBy('main', 'desc')
        .orderBy('phone')
        .executeTakeFirst()
      const form = LEGAL_FORMS[row.legalForm]
      return {
        name: fullName(row),
        ...(form === undefined ? {} : { legalForm: form }),
        ...(phone === undefined ? {} : { phone: phone.phone }),
      }
    },
    /** Ids of drivers with this number; of no other field. */
    findDrivers: async (field: string, value: Fact): Promise<readonly string[]> => {
      const phone = Phone.safeParse(value).data
      if (field !== 'phone' || phone === undefined) return []
      const rows = await db.selectFrom('driverPhones').select('driverId').where('phone', '=', phone).limit(20).execute()
      return rows.map(({ driverId }) => driverId)
    },
    /** The odometer of a car as its gateway last told it, and of which day that is. */
    drivenOf: async (vehicle: VehicleId): Promise<Facts> => {
      const known = await db.selectFrom('lastKnown').select('frame').where('vehicleId', '=', vehicle).executeTakeFirst()
      const { odometerKm } = metersOf(known?.frame)
      const at = Read.safeParse(known?.frame).data?.readAt
      return odometerKm === undefined || at === undefined ? {} : { odometerKm, odometerOn: midnight(at) }
    },
    /** Hours of the machine whose gateway stands in the vehicle of this id. */
    metersOf: async (vehicle: VehicleId): Promise<Facts> => {
      const known = await db.selectFrom('lastKnown').select('frame').where('vehicleId', '=', vehicle).executeTakeFirst()
      return metersOf(known?.frame)
    },
  }
}

const Read = z.looseObject({ readAt: z.number() })
const Meters = z.looseObject({ odometerKm: z.number().optional(), engineHours: z.number().optional() })

/** A frame as it is stored → whole kilometres and hours, rounded down: a limit is not met before it is. */
function metersOf(frame: unknown): Facts {
  const meters = Meters.safeParse(frame).data
  return {
    ...(meters?.odometerKm === undefined ? {} : { odometerKm: Math.floor(meters.odometerKm) }),
    ...(meters?.engineHours === undefined ? {} : { engineHours: Math.floor(meters.engineHours) }),
  }
}
