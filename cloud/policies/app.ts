import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { RecordType } from '../expressions/fact-type.ts'
import type { Postgres } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { policyScope } from './policy.ts'
import { createPolicyRoutes } from './policy-routes.ts'
import { createPolicyService, type PolicyService } from './policy-service.ts'
import { createPolicyStore, readShippedPolicies } from './policy-store.ts'

export type Policies = {
  readonly service: PolicyService
  /** The type of `policy` in expressions. */
  readonly scope: RecordType
  readonly routes: FastifyPluginAsyncZod
}

type Parts = Pick<Postgres, 'db' | 'inTransaction'> & {
  readonly world: World
  changed(names: readonly string[]): void
}

/** Wires policies; starts nothing. Throws when the shipped list is not right. */
export function createPolicies({ db, inTransaction, world, changed }: Parts): Policies {
  const { specs, presets } = readShippedPolicies()
  const { clock, log } = world
  const service = createPolicyService({
    db,
    inTransaction,
    clock,
    log,
    specs,
    presets,
    policyStore: createPolicyStore,
    changed,
  })
  return { service, scope: policyScope(specs), routes: createPolicyRoutes(service) }
}
