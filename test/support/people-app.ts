import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance, InjectOptions } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { AuditWord } from '../../cloud/audit/entry.ts'
import type { OidcSettings } from '../../cloud/config.ts'
import type { FactorService } from '../../cloud/factors/factor-service.ts'
import { createHttp, type HttpParts } from '../../cloud/http/app.ts'
import { createIdempotencyStore } from '../../cloud/http/idempotency-store.ts'
import { createStrangerStore } from '../../cloud/parks/stranger-store.ts'
import { createPeople } from '../../cloud/people/app.ts'
import type { Notice } from '../../cloud/people/notice-service.ts'
import type { PeopleService } from '../../cloud/people/people-service.ts'
import type { Db } from '../../cloud/postgres/postgres-client.ts'
import { createManualClock, type ManualClock } from './manual-clock.ts'
import { shippedFields } from './shipped-fields.ts'
import { silentLog } from './silent-log.ts'
import { createSqlDatabase, migrated } from './sql-databases.ts'

export const ORIGIN = 'https://kordon.example'

export type PeopleApp = {
  readonly app: FastifyInstance
  readonly people: PeopleService
  readonly factors: FactorService
  readonly db: Db
  /** What the installation says about second factors; to be changed by tests. */
  readonly policy: { secondFactorToBlock: 'on' | 'off' }
  /** What was told to people about their accounts. */
  readonly notified: Notice[]
  /** What went on record. */
  readonly told: readonly AuditWord[]
  readonly clock: ManualClock
  close(): Promise<void>
}

/** The HTTP side with people and the given routes over a database of its own; no broker, no fleet. */
export async function createPeopleApp(
  routes: readonly FastifyPluginAsyncZod[] = [],
  settings: Partial<HttpParts> = {},
  more: { readonly oidc?: OidcSettings } = {},
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
  const told: AuditWord[] = []
  const notified: Notice[] = []
  const witness = async (words: readonly AuditWord[]) => void told.push(...words)
  const rights = {
    mayAct: async () => true,
    secondFactorToBlock: async () => policy.secondFactorToBlock,
    fieldsOf: shippedFields,
  }
  const policy = { secondFactorToBlock: 'off' as 'on' | 'off' }
  const {
    service: people,
    routes: own,
    ...rest
  } = createPeople({
    db,
    world,
    dataDir: database.dataDir,
    secureCookies: true,
    ...more,
    relyingParty: { id: 'kordon.example', origins: [ORIGIN] },
    witness,
    notify: async (notice) => void notified.push(notice),
    secondFactorToBlock: rights.secondFactorToBlock,
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
    rights,
    witness,
    reach: [],
    outOfSight: createStrangerStore(db),
    routes: [...own, ...routes],
    ...settings,
  })
  return {
    app,
    people,
    factors: rest.factors,
    notified,
    db,
    policy,
    told,
    clock,
    close: async () => {
      await app.close()
      await database.close()
    },
  }
}

const BUSY_FOR_MS = 120_000

/** On a busy machine the house may answer 503, having done nothing: it is asked again, as its clients do. */
export async function patiently(app: Pick<FastifyInstance, 'inject'>, wish: InjectOptions) {
  const giveUpAt = performance.now() + BUSY_FOR_MS
  for (;;) {
    const answer = await app.inject(wish)
    if (answer.statusCode !== 503 || performance.now() > giveUpAt) return answer
    await pause(250)
  }
}

/** Signs in and resolves to the Cookie header of the session. */
export async function cookieOf(app: FastifyInstance, login: string, password: string): Promise<string> {
  const answer = await patiently(app, { method: 'POST', url: '/api/session', payload: { login, password } })
  if (answer.statusCode !== 200) throw new Error(`sign-in of ${login}: ${answer.body}`)
  return answer.cookies.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ')
}
