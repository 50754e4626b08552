import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import type { Db } from '../postgres/postgres-client.ts'
import type { World } from '../world.ts'
import { createAccessRoutes } from './access-routes.ts'
import { type AccessService, createAccessService } from './access-service.ts'
import { createAccessStore, shippedPolicy } from './access-store.ts'

export type Access = { readonly service: AccessService; readonly routes: FastifyPluginAsyncZod }

/** Wires roles as data; starts nothing. In the demo a block takes one click until somebody says otherwise. */
export function createAccess(db: Db, world: World, mode: 'demo' | 'production'): Access {
  const secondFactorToBlock = mode === 'demo' ? 'off' : 'on'
  const store = createAccessStore(db)
  const service = createAccessService({ world, store, shipped: shippedPolicy(), secondFactorToBlock })
  return { service, routes: createAccessRoutes(service) }
}
