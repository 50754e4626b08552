import { randomBytes, randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { createHttp, type HttpParts } from '../../cloud/http/app.ts'
import { createIdempotencyStore } from '../../cloud/http/idempotency-store.ts'
import { createParkStore } from '../../cloud/parks/park-store.ts'
import { createAccountStore } from '../../cloud/people/account-store.ts'
import { createPeopleRoutes } from '../../cloud/people/people-routes.ts'
import { createPeopleService, type PeopleService } from '../../cloud/people/people-service.ts'
import { createSessionStore } from '../../cloud/people/session-store.ts'
import { createSetupStore } from '../../cloud/people/setup-store.ts'
import { createTokenStore } from '../../cloud/people/token-store.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { silentLog } from './silent-log.ts'
import { createSqlDatabase, migrated } from './sql-databases.ts'

export const ORIGIN = 'https://kordon.example'

export type PeopleApp = {
  readonly app: FastifyInstance
  readonly people: PeopleService
  readonly clock: ManualClock
  close(): Promise<void>
}

/** The HTTP side with people and the given routes over a database of its own; no broker, no fleet. */
export async function createPeopleApp(
  routes: readonly FastifyPluginAsyncZod[] = [],
  settings: Partial<HttpParts> = {},
): Promise<PeopleApp> {
  const database = await createSqlDatabase('PGlite')
  const { db } = await migrated(database)
  const clock = createManualClock()
  const world = {
    clock,
    log: silentLog,
    uuid: () => randomUUID(),
    randomBytes: (length: number) => randomBytes(length),
  }
  const people = createPeopleService({
    world,
    accounts: createAccountStore(db),
    sessions: createSessionStore(db),
    tokens: createTokenStore(db),
    setups: createSetupStore(db),
    sightOf: createParkStore(db).sightOf,
  })
  const app = await createHttp({
    version: '0.0.0',
    ownOrigins: [ORIGIN],
    trustedProxies: [],
    requestsPerMinute: 100_000,
    consoleDir: '/nowhere',
    world,
    answers: createIdempotencyStore(db),
    findCaller: people.findCaller,
    reach: [],
    routes: [createPeopleRoutes(people, { secureCookies: true }), ...routes],
    ...settings,
  })
  return {
    app,
    people,
    clock,
    close: async () => {
      await app.close()
      await database.close()
    },
  }
}

/** Signs in and resolves to the Cookie header of the session. */
export async function cookieOf(app: FastifyInstance, login: string, password: string): Promise<string> {
  const answer = await app.inject({ method: 'POST', url: '/api/session', payload: { login, password } })
  if (answer.statusCode !== 200) throw new Error(`sign-in of ${login}: ${answer.body}`)
  return answer.cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ')
}
