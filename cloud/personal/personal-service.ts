import type { z } from 'zod'
import { epochMs, minutes } from '#contract/instant.ts'
import type { AccessStore } from '../access/access-store.ts'
import type { AuditService } from '../audit/audit-service.ts'
import { clerkOf } from '../drivers/clerk.ts'
import type { DriverId } from '../drivers/driver.ts'
import type { DriverService } from '../drivers/driver-service.ts'
import type { Caller } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { DAYS, KEPT, Retention } from './kept.ts'
import type { Marks, TraceStore } from './trace-store.ts'

type Deps = {
  readonly world: Pick<World, 'clock' | 'log'>
  readonly db: Db
  readonly traces: TraceStore
  readonly drivers: Pick<DriverService, 'view' | 'secrets' | 'eraseSecrets' | 'change' | 'history'>
  readonly audit: Pick<AuditService, 'wordsAbout' | 'forgetAbout' | 'forgetWordsBefore'>
  readonly settings: Pick<AccessStore, 'read' | 'write'>
}

const USUAL = {
  auditWordsDays: DAYS.auditWordsDays.usual,
  messagesDays: DAYS.messagesDays.usual,
  recordingsDays: DAYS.recordingsDays.usual,
}
const Stored = Retention.partial()
const DAY = minutes(24 * 60)
const ALL_OF_IT = 500
const ERASED = 'Удалён'

export type PersonalService = ReturnType<typeof createPersonalService>

/** What the law lets a person ask: what is known of him, and to be forgotten; and forgetting by age. */
export function createPersonalService({ world, db, traces, drivers, audit, settings }: Deps) {
  const retention = async (): Promise<Retention> =>
    Retention.parse({ ...USUAL, ...Stored.parse((await settings.read('retention')) ?? {}) })
  /** That somebody called stays; what was said goes. */
  const forgetRecordings = async (before: number): Promise<void> => {
    const gone = await db.deleteFrom('phoneRecordings').where('fetchedAt', '<', before).returning('call').execute()
    const calls = gone.map(({ call }) => call)
    if (calls.length > 0)
      await db.updateTable('phoneCalls').set({ recording: 'none' }).where('id', 'in', calls).execute()
  }
  /** By what he is known: numbers he has and had, names and numbers of papers long enough to mean nobody else. */
  const marksOf = async (id: DriverId, { parks }: Caller): Promise<Marks> => {
    const [driver, secrets] = await Promise.all([drivers.view(id, parks), drivers.secrets(id, parks)])
    const { familyName, givenName, fullName } = driver
    const names = (await traces.hasNamesake(id, familyName, givenName))
      ? []
      : [fullName, `${familyName} ${givenName}`, `${givenName} ${familyName}`]
    const said = [...names, secrets.passportNumber, secrets.licenceNumber, secrets.address]
    return {
      id,
      phones: [...new Set([...driver.phones.map(({ phone }) => phone), ...(await traces.formerPhones(id))])],
      words: said.flatMap((word) => (word !== null && word.length > 5 ? [word] : [])),
    }
  }
  return {
    /** Everything about one driver. Faults: driver/unknown. */
    about: async (id: DriverId, caller: Caller) => {
      const { parks } = caller
      const driver = await drivers.view(id, parks)
      const marks = await marksOf(id, caller)
      const [secrets, history, words, messages, appeals, shifts, leases] = await Promise.all([
        drivers.secrets(id, parks),
        drivers.history(id, parks, { limit: ALL_OF_IT }),
        audit.wordsAbout(id),
        db
          .selectFrom('messages')
          .select(['kind', 'shown', 'channel', 'address', 'state', 'createdAt'])
          .where('driverId', '=', id)
          .orderBy('createdAt')
          .execute(),
        db
          .selectFrom('appeals')
          .select(['reason', 'at', 'answer', 'answeredAt'])
          .where('driverId', '=', id)
          .orderBy('at')
          .execute(),
        db.selectFrom('shifts').select(['vehicleId', 'openedAt', 'closedAt']).where('driverId', '=', id).execute(),
        db.selectFrom('leaseParties').selectAll().where('driverId', '=', id).execute(),
      ])
      return [
        { name: 'driver', data: driver },
        { name: 'passport and licence', data: secrets },
        { name: 'changes', data: history.items },
        { name: 'leases', data: leases },
        { name: 'shifts', data: shifts },
        { name: 'messages', data: messages },
        { name: 'appeals', data: appeals },
        { name: 'calls', data: await traces.calls(marks) },
        { name: 'letters', data: await traces.letters(marks) },
        { name: 'cards', data: await traces.cards(marks) },
        { name: 'scans of papers', data: await traces.scans(marks) },
        { name: 'words in the audit', data: words },
      ]
    },
    /** Forgets everything but what has to be kept, which the answer lists. Faults: driver/unknown, driver/merged. */
    erase: async (id: DriverId, caller: Caller) => {
      const by = clerkOf(caller)
      const { version } = await drivers.view(id, caller.parks)
      const marks = await marksOf(id, caller)
      const names = { familyName: ERASED, givenName: id.slice(0, 8), patronymic: '' }
      const nothing = { note: '', phones: [], channels: [], ref: null, state: 'left' as const }
      await drivers.change(id, { ...names, ...nothing, version, evenIfKnown: true }, by)
      await drivers.eraseSecrets(id, by)
      // The history tells what the names and numbers were.
      await db.deleteFrom('driverChanges').where('driverId', '=', id).execute()
      await db.deleteFrom('messages').where('driverId', '=', id).execute()
      await db.updateTable('appeals').set({ reason: ERASED }).where('driverId', '=', id).execute()
      await traces.forget(marks, ERASED)
      const auditWords = await audit.forgetAbout(id, [...marks.phones, ...marks.words])
      world.log.info({ driverId: id, accountId: caller.id }, 'personal.erased')
      return {
        erased: [
          'names',
          'phones',
          'channels',
          'passport and licence',
          'history of changes',
          'messages',
          'words of appeals',
          'recordings of talks',
          'letters of his conversations',
          'scans of his papers',
          'his full name, numbers and address in notes, cards and their log',
        ],
        auditWords,
        kept: KEPT,
      }
    },
    retention,
    /** What is left out stays as it is. */
    setRetention: async (wanted: z.infer<typeof Stored>, by: Pick<Caller, 'id'>): Promise<Retention> => {
      const now = await retention()
      const next = {
        auditWordsDays: wanted.auditWordsDays ?? now.auditWordsDays,
        messagesDays: wanted.messagesDays ?? now.messagesDays,
        recordingsDays: wanted.recordingsDays ?? now.recordingsDays,
      }
      await settings.write('retention', next, by.id, world.clock.now())
      return next
    },
    /** What has had its time, kind by kind. */
    forgetOld: async (): Promise<void> => {
      const { auditWordsDays, messagesDays, recordingsDays } = await retention()
      const before = (days: number) => epochMs(Math.max(0, world.clock.now() - days * DAY))
      await audit.forgetWordsBefore(before(auditWordsDays))
      await db.deleteFrom('messages').where('createdAt', '<', before(messagesDays)).execute()
      await forgetRecordings(before(recordingsDays))
    },
  }
}
