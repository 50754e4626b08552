import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { sql } from 'kysely'
import { type EpochMs, epochMs, Instant, type Millis, millis } from '#contract/instant.ts'
import { createAppealRoutes } from '../appeals/appeal-routes.ts'
import { createAppealService } from '../appeals/appeal-service.ts'
import { createAppealStore } from '../appeals/appeal-store.ts'
import type { AuditWord } from '../audit/entry.ts'
import type { DriverId } from '../drivers/driver.ts'
import { createDriverStore } from '../drivers/driver-store.ts'
import type { Phone } from '../drivers/phone.ts'
import { createVehicleStore } from '../fleet/vehicle-store.ts'
import { createLeaseStore } from '../leases/lease-store.ts'
import type { Alert } from '../live/live-message.ts'
import type { MessageService } from '../messages/message-service.ts'
import type { Db, Postgres } from '../postgres/postgres-client.ts'
import type { Rules } from '../rules/app.ts'
import type { World } from '../world.ts'
import { createFileRoutes } from './file-routes.ts'
import { readPageFiles } from './file-store.ts'
import { createPageRoutes } from './page-routes.ts'
import { createPageService, type PageDeps } from './page-service.ts'
import { createSignInService, type SignInService } from './sign-in/sign-in-service.ts'
import { createSignInStore } from './sign-in/sign-in-store.ts'

type Parts = Pick<Postgres, 'db' | 'inTransaction'> &
  Omit<PageDeps, 'clock' | 'log' | 'findDriver' | 'vehicleNamed' | 'lastCodeAt' | 'appeals' | 'drives'> & {
    readonly drives: Omit<PageDeps['drives'], 'ask'>
    readonly world: World
    readonly send: MessageService['send']
    readonly emit: Rules['emit']
    readonly alert: (alert: Alert) => void
    readonly witness: (words: readonly AuditWord[]) => Promise<void>
    readonly secureCookies: boolean
    readonly answerAfter?: Millis
  }

export type DriverPage = {
  readonly signIn: SignInService
  readonly routes: readonly FastifyPluginAsyncZod[]
}

const ANSWER_AFTER = millis(400)

/** Wires the driver's page, its sign-in and his appeals; starts nothing. */
export function createDriverPage(parts: Parts): DriverPage {
  const {
    db,
    inTransaction,
    world,
    send,
    emit,
    alert,
    drives,
    witness,
    secureCookies,
    answerAfter = ANSWER_AFTER,
    ...rest
  } = parts
  const { clock } = world
  const signIn = createSignInService({
    ...world,
    db,
    inTransaction,
    signInStore: createSignInStore,
    driverOf,
    mayStay: async (id) => {
      const driver = await createDriverStore(db).find(id)
      if (driver === undefined || driver.state === 'left' || driver.state === 'merged') return undefined
      return { name: driver.givenName }
    },
    sendCode: (within, to, digits, key) =>
      send(within, { message: 'sign_in_code', to, facts: { code: { digits } }, via: ['sms'], key }),
    tell: async (event, driver, data) => {
      const by = driver === undefined ? ({ kind: 'nobody', id: '' } as const) : ({ kind: 'user', id: driver } as const)
      const head = { source: `sign-in:${world.uuid()}`, at: clock.now(), kind: 'sign-in', by } as const
      const subjects = driver === undefined ? [] : [driver]
      await witness([{ ...head, subjects, data: { event, ...data } }]).catch((err: unknown) =>
        world.log.error({ err }, 'audit.not-told'),
      )
    },
  })
  const appeals = createAppealService({
    ...world,
    db,
    inTransaction,
    appealStore: createAppealStore,
    appealed: (within, { id, driverId, vehicleId, at }) => {
      const about = { driverId, vehicleId: vehicleId ?? undefined }
      return emit({ id: `appeal ${id}`, name: 'driver.appealed', at, payload: {}, about }, within)
    },
    answered: (within, { id, driverId, vehicleId, answer }) =>
      send(within, {
        message: 'appeal_answered',
        to: { driverId },
        facts: { appeal: { answer } },
        key: `appeal ${id}`,
        vehicleId: vehicleId ?? undefined,
      }),
    alert: ({ id, vehicleId, at, reason }) => {
      if (vehicleId === null) return
      alert({ id, vehicleId, kind: 'driver.appealed', at: Instant.encode(at), data: { reason } })
    },
  })
  const page = createPageService({
    ...rest,
    clock,
    log: world.log,
    findDriver: (id) => createDriverStore(db).find(id),
    vehicleNamed: async (id) => {
      const found = await createVehicleStore(db).find(id)
      return found && { plate: found.plate, model: found.model }
    },
    lastCodeAt: async (vehicle): Promise<EpochMs | undefined> => {
      const found = await sql<{ at: number | null }>`select max(given_at) as at from unlock_codes
        where vehicle_id = ${vehicle} and given_by_name = 'driver'`.execute(db)
      const at = found.rows[0]?.at
      return at === null || at === undefined ? undefined : epochMs(Number(at))
    },
    appeals,
    drives: {
      ...drives,
      ask: (driverId, vehicleId, at) =>
        emit({
          id: `drive ${world.uuid()}`,
          name: 'driver.asked_grace',
          at,
          payload: {},
          about: { driverId, vehicleId },
        }),
    },
  })
  return {
    signIn,
    routes: [
      createPageRoutes({ page, signIn, clock, secureCookies, answerAfter }),
      createFileRoutes(readPageFiles()),
      createAppealRoutes(appeals),
    ],
  }
}

/** Of several who share a number the one who has a vehicle now. */
async function driverOf(db: Db, phone: Phone): Promise<DriverId | undefined> {
  const found = (await createDriverStore(db).withPhone([phone])).filter(({ state }) => state !== 'left')
  for (const { id } of found) if ((await createLeaseStore(db).runningOfDriver(id)).length > 0) return id
  return found[0]?.id
}
