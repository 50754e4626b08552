import { z } from 'zod'
import { epochMs, minutes } from '#contract/instant.ts'
import type { AccessStore } from '../access/access-store.ts'
import type { AuditService } from '../audit/audit-service.ts'
import { clerkOf } from '../drivers/clerk.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { DriverService } from '../drivers/driver-service.ts'
import type { Caller } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { KEPT, WORDS_DAYS } from './kept.ts'

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  readonly db: Db
  readonly drivers: Pick<DriverService, 'view' | 'secrets' | 'eraseSecrets' | 'change' | 'history'>
  readonly audit: Pick<AuditService, 'wordsAbout' | 'forgetAbout' | 'forgetWordsBefore'>
  readonly settings: Pick<AccessStore, 'read' | 'write'>
}

const Retention = z.strictObject({ auditWordsDays: z.int().min(WORDS_DAYS.least).max(WORDS_DAYS.most) })
export type Retention = z.infer<typeof Retention>
const DAY = minutes(24 * 60)
const ALL_OF_IT = 500
const ERASED = 'Удалён'

export type PersonalService = ReturnType<typeof createPersonalService>

/** What the law lets a person ask: what is known of him, and to be forgotten; and forgetting by age. */
export function createPersonalService({ world, db, drivers, audit, settings }: Deps) {
  const retention = async (): Promise<Retention> =>
    Retention.parse((await settings.read('retention')) ?? { auditWordsDays: WORDS_DAYS.usual })
  return {
    /** Everything about one driver. Faults: driver/unknown. */
    about: async (id: DriverId, { parks }: Caller) => {
      const driver = await drivers.view(id, parks)
      const [secrets, history, words, shifts, leases] = await Promise.all([
        drivers.secrets(id, parks),
        drivers.history(id, parks, { limit: ALL_OF_IT }),
        audit.wordsAbout(id),
        db.selectFrom('shifts').select(['vehicleId', 'openedAt', 'closedAt']).where('driverId', '=', id).execute(),
        db.selectFrom('leaseParties').selectAll().where('driverId', '=', id).execute(),
      ])
      return [
        { name: 'driver', data: driver },
        { name: 'passport and licence', data: secrets },
        { name: 'changes', data: history.items },
        { name: 'leases', data: leases },
        { name: 'shifts', data: shifts },
        { name: 'words in the audit', data: words },
      ]
    },
    /** Forgets everything but what has to be kept, which the answer lists. Faults: driver/unknown, driver/merged. */
    erase: async (id: DriverId, caller: Caller) => {
      const by = clerkOf(caller)
      const { version } = await drivers.view(id, caller.parks)
      const names = { familyName: ERASED, givenName: id.slice(0, 8), patronymic: '' }
      const nothing = { note: '', phones: [], channels: [], ref: null, state: 'left' as const }
      await drivers.change(id, { ...names, ...nothing, version, evenIfKnown: true }, by)
      await drivers.eraseSecrets(id, by)
      // The history tells what the names and numbers were.
      await db.deleteFrom('driverChanges').where('driverId', '=', id).execute()
      const auditWords = await audit.forgetAbout(id)
      world.log.info({ driverId: id, accountId: caller.id }, 'personal.erased')
      return {
        erased: ['names', 'phones', 'channels', 'passport and licence', 'history of changes'],
        auditWords,
        kept: KEPT,
      }
    },
    retention,
    setRetention: async (wanted: Retention, by: Pick<Caller, 'id'>): Promise<Retention> => {
      await settings.write('retention', wanted, by.id, world.clock.now())
      return wanted
    },
    /** Words about people in the audit that have had their time. */
    forgetOld: async (): Promise<void> => {
      const { auditWordsDays } = await retention()
      await audit.forgetWordsBefore(epochMs(Math.max(0, world.clock.now() - auditWordsDays * DAY)))
    },
  }
}
