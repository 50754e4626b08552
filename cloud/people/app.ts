import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { ROLES, type Role } from '../http/access.ts'
import { createParkStore } from '../parks/park-store.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createAccountStore } from './account-store.ts'
import { createPeopleRoutes } from './people-routes.ts'
import { createPeopleService, type NewAccount, type PeopleService } from './people-service.ts'
import { createSessionStore } from './session-store.ts'
import { createSetupStore } from './setup-store.ts'
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

export type People = { readonly service: PeopleService; readonly routes: FastifyPluginAsyncZod }

/** Wires accounts, sessions and tokens; starts nothing. */
export function createPeople(db: Db, world: World, settings: { readonly secureCookies: boolean }): People {
  const service = createPeopleService({
    world,
    accounts: createAccountStore(db),
    sessions: createSessionStore(db),
    tokens: createTokenStore(db),
    setups: createSetupStore(db),
    sightOf: createParkStore(db).sightOf,
  })
  return { service, routes: createPeopleRoutes(service, settings) }
}
