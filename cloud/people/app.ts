import { join } from 'node:path'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { later } from '#contract/instant.ts'
import type { AuditWord } from '../audit/entry.ts'
import type { OidcSettings } from '../config.ts'
import { createFactorRoutes } from '../factors/factor-routes.ts'
import { createFactorService, type FactorService } from '../factors/factor-service.ts'
import { createFactorStore } from '../factors/factor-store.ts'
import { createPasskeyClient, type RelyingParty } from '../factors/passkey-client.ts'
import { type Caller, ROLES, type Role } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { judgeFactor } from '../http/second-factor.ts'
import { createIdentityRoutes } from '../identity/identity-routes.ts'
import { createIdentityService } from '../identity/identity-service.ts'
import { createIdentityStore } from '../identity/identity-store.ts'
import { createOidcClient } from '../identity/oidc-client.ts'
import { createInvitationRoutes } from '../invitations/invitation-routes.ts'
import { createInvitationService } from '../invitations/invitation-service.ts'
import { createInvitationStore } from '../invitations/invitation-store.ts'
import { ParkId } from '../parks/park.ts'
import { createParkStore } from '../parks/park-store.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { createUnlockKeyStore } from '../unlock/unlock-key-store.ts'
import type { World } from '../world.ts'
import { createAccountStore } from './account-store.ts'
import { createArgon2Client } from './argon2-client.ts'
import { createFailureStore } from './failure-store.ts'
import { createNoticeService, type Notice } from './notice-service.ts'
import { createOwnAccountRoutes } from './own-account-routes.ts'
import { createPeopleRoutes } from './people-routes.ts'
import {
  createPeopleService,
  type NewAccount,
  type PeopleService,
  RECOVERED_WAITS,
  type SignInWitness,
} from './people-service.ts'
import { type SessionCookie, sessionCookie } from './session-cookie.ts'
import { createSessionService } from './session-service.ts'
import { createSessionStore } from './session-store.ts'
import { createSetupStore } from './setup-store.ts'
import { createSharedFailures } from './shared-failures.ts'
import { createTokenStore } from './token-store.ts'

/** Accounts that exist in demo mode only, one for each role of a person, with the password demo-<login>. */
const DEMO_NAMES: Readonly<Partial<Record<Role, string>>> = {
  owner: 'Владелец (демо)',
  head: 'Руководитель (демо)',
  manager: 'Менеджер (демо)',
  support: 'Поддержка (демо)',
  security: 'Служба безопасности (демо)',
  papers: 'Оформление документов (демо)',
  service: 'Сервис (демо)',
  mechanic: 'Механик (демо)',
  dispatcher: 'Диспетчер (демо)',
  technician: 'Техник (демо)',
  accountant: 'Бухгалтер (демо)',
  auditor: 'Аудитор (демо)',
}

export const demoAccounts = (): readonly NewAccount[] =>
  ROLES.flatMap((role) => {
    const name = DEMO_NAMES[role]
    return name === undefined ? [] : [{ login: role, name, role, password: `demo-${role}` }]
  })

export type People = {
  readonly service: PeopleService
  readonly factors: FactorService
  readonly cookie: SessionCookie
  readonly routes: readonly FastifyPluginAsyncZod[]
  /** Half-way sign-ins, sessions and waits that ended by themselves. */
  forgetExpired(): Promise<void>
}

type Parts = {
  readonly db: Db
  readonly world: World
  /** Where the key of the authenticator secrets lies, outside the database. */
  readonly dataDir: string
  readonly secureCookies: boolean
  readonly relyingParty: RelyingParty
  readonly oidc?: OidcSettings | undefined
  readonly witness: (words: readonly AuditWord[]) => Promise<void>
  /** Tells a person of a change of the own account by another way than a page. */
  readonly notify: (notice: Notice) => Promise<void>
  readonly secondFactorToBlock: () => Promise<'on' | 'off'>
}

/** Wires accounts, sessions, second factors, invitations and tokens; starts nothing. */
export function createPeople(parts: Parts): People {
  const { db, world, secondFactorToBlock } = parts
  const parks = createParkStore(db)
  const accounts = createAccountStore(db)
  const notices = createNoticeService({ world, accounts, send: parts.notify })
  const failureStore = createFailureStore(db)
  const failures = createSharedFailures({ ...world, store: failureStore, instance: world.uuid() })
  const factors = createFactorService({
    world,
    notify: notices.tell,
    refused: (id) => tell('refused', id, { by: 'second-factor' }),
    store: createFactorStore(db),
    failures,
    seal: createUnlockKeyStore(join(parts.dataDir, 'people'), world.randomBytes, 'factors.key'),
    passkeys: createPasskeyClient(parts.relyingParty),
  })
  const tell: SignInWitness = async (event, accountId, data = {}) => {
    const by = accountId === '' ? ({ kind: 'nobody', id: '' } as const) : ({ kind: 'user', id: accountId } as const)
    const subjects = accountId === '' ? [] : [accountId]
    const head = { source: `sign-in:${world.uuid()}`, at: world.clock.now(), kind: 'sign-in', by, subjects } as const
    await parts
      .witness([{ ...head, data: { event, ...data } }])
      .catch((err: unknown) => world.log.error({ err }, 'audit.not-told'))
  }
  const service = createPeopleService({
    world,
    accounts,
    sessions: createSessionService({
      world,
      accounts,
      sessions: createSessionStore(db),
      tokens: createTokenStore(db),
      sightOf: parks.sightOf,
      opened: async ({ id }, { address }, proven) => {
        if (proven === 'by-recovery-code') {
          await accounts.setNoBlock(id, later(world.clock.now(), RECOVERED_WAITS))
          await notices.tell(id, 'recovery-code')
        }
        await tell('signed-in', id, { proven, address })
      },
    }),
    argon2: createArgon2Client(world.randomBytes),
    failures,
    tell,
    notify: notices.tell,
    setups: createSetupStore(db),
    sightOf: parks.sightOf,
    setSight: (id, sight) => parks.setSight(id, sight, sight === 'all' ? [] : sight.map((park) => ParkId.parse(park))),
    waysOf: factors.waysOf,
    secondFactorOf: factors.begin,
  })
  const identities = createIdentityStore(db)
  const invitations = createInvitationService({
    world,
    store: createInvitationStore(db),
    people: service,
    notify: notices.tell,
    forgetFactors: async (id) => {
      await factors.removeAllOf(id)
      await identities.forgetOf(id)
    },
  })
  const cookie = sessionCookie(parts.secureCookies)
  const identity =
    parts.oidc &&
    createIdentityService({
      world,
      oidc: createOidcClient({
        ...parts.oidc,
        redirectUri: `${parts.relyingParty.origins[0]}/api/session/outside/back`,
      }),
      identities,
      steps: createFactorStore(db),
      people: service,
      terms: parts.oidc,
      roleClaim: parts.oidc.roleClaim,
      notify: notices.tell,
    })
  const proof = {
    fresh: async (caller: Caller): Promise<void> => {
      if (judgeFactor(caller, await secondFactorToBlock(), true, world.clock.now()) !== 'enough')
        throw new Fault('access/second-factor')
    },
  }
  return {
    service,
    factors,
    cookie,
    routes: [
      createPeopleRoutes(service, cookie, proof),
      createFactorRoutes({ people: service, factors, cookie }),
      createOwnAccountRoutes({ people: service, factors, notices, secondFactorToBlock }),
      createInvitationRoutes(invitations, service, cookie),
      createIdentityRoutes({ identity, people: service, factors, cookie }),
    ],
    forgetExpired: async () => {
      await service.forgetExpired()
      await factors.forgetSteps()
      await failureStore.forgetOld()
    },
  }
}
