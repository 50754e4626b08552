import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Role } from '../http/access.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createAccountStore } from './account-store.ts'
import { createPeopleRoutes } from './people-routes.ts'
import { createPeopleService, type NewAccount, type PeopleService } from './people-service.ts'
import { createSessionStore } from './session-store.ts'
import { createSetupStore } from './setup-store.ts'
import { createTokenStore } from './token-store.ts'

/** Accounts that exist in demo mode only, with the password demo-<login>. */
const DEMO_NAMES: Readonly<Record<Role, string>> = {
  owner: 'Владелец (демо)',
  head: 'Руководитель (демо)',
  manager: 'Менеджер (демо)',
  technician: 'Техник (демо)',
  security: 'Служба безопасности (демо)',
  mechanic: 'Механик (демо)',
  dispatcher: 'Диспетчер (демо)',
}

export const demoAccounts = (roles: readonly Role[]): readonly NewAccount[] =>
  roles.map((role) => ({ login: role, name: DEMO_NAMES[role], role, password: `demo-${role}` }))

export type People = { readonly service: PeopleService; readonly routes: FastifyPluginAsyncZod }

/** Wires accounts, sessions and tokens; starts nothing. */
export function createPeople(db: Db, world: World, settings: { readonly secureCookies: boolean }): People {
  const service = createPeopleService({
    world,
    accounts: createAccountStore(db),
    sessions: createSessionStore(db),
    tokens: createTokenStore(db),
    setups: createSetupStore(db),
  })
  return { service, routes: createPeopleRoutes(service, settings) }
}
