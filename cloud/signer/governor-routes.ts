import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { OrderId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { type Caller, callerOf, EVERY_ROLE, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { OrderView, orderView } from '../orders/order-view.ts'
import type { StoredOrder } from '../orders/stored-order.ts'
import type { SignerClient } from './signer-client.ts'
import { ApprovalWay, SignerStatus, SwitchState, SwitchWish } from './signer-message.ts'
import { SignerPolicy } from './signer-policy.ts'

const tags = ['governor']
const MAY_STOP: RouteRoles = ['owner', 'head', 'security']
const MAY_APPROVE: RouteRoles = ['owner', 'head', 'security']
const WAITING = 500

const Approver = z.strictObject({
  id: z.string(),
  name: z.string(),
  countsFrom: Instant,
  /** With what he can prove himself to the signer now. */
  ways: z.array(ApprovalWay).readonly(),
})
const View = z
  .strictObject({
    /** `down`: nothing can be signed; holds stand and one-time codes work. */
    signer: z.enum(['up', 'down']),
    switch: SwitchState.extend({ at: Instant }).nullable(),
    policy: SignerPolicy.nullable(),
    usage: SignerStatus.shape.usage.nullable(),
    approvers: z.array(Approver).readonly(),
    storage: SignerStatus.shape.storage.nullable(),
    /** Blocks that wait for another person, oldest first. */
    waiting: z.array(OrderView),
  })
  .meta({ id: 'Governor' })

type Deps = {
  readonly signer: Pick<SignerClient, 'status' | 'setSwitch' | 'tighten' | 'addApprover'>
  readonly waiting: (limit: number) => Promise<readonly StoredOrder[]>
  readonly ordersInSight: (parks: ParksInSight, orders: readonly OrderId[]) => Promise<ReadonlySet<OrderId>>
  readonly accountOf: (id: string) => Promise<{ readonly id: string; readonly name: string } | undefined>
  /** Blocks that were refused may be signed now. */
  readonly changed: () => void
}

/** What keeps blocks within bounds: the master switch, the budgets, and who may be the second person. */
export function createGovernorRoutes(deps: Deps): FastifyPluginAsyncZod {
  const { signer, waiting, ordersInSight, accountOf } = deps
  const waitingFor = async ({ parks }: Caller) => {
    const all = await waiting(WAITING)
    const seen = await ordersInSight(
      parks,
      all.map(({ id }) => id),
    )
    return all.filter(({ id }) => seen.has(id)).map((order) => orderView(order))
  }
  const view = async (asked: Promise<SignerStatus>, caller: Caller): Promise<z.infer<typeof View>> => {
    const status = await asked.catch(() => undefined)
    return {
      signer: status === undefined ? 'down' : 'up',
      switch: status?.switch ?? null,
      policy: status?.policy ?? null,
      usage: status?.usage ?? null,
      approvers: status?.approvers ?? [],
      storage: status?.storage ?? null,
      waiting: await waitingFor(caller),
    }
  }
  /** A change that did not reach the signer did not happen. */
  const changed = async (wish: Promise<SignerStatus>, caller: Caller) => {
    const status = await wish.catch((cause: unknown) => {
      throw new Fault('signer/unavailable', cause instanceof Error ? cause.message : undefined)
    })
    deps.changed()
    return view(Promise.resolve(status), caller)
  }
  return async (app) => {
    app.get(
      '/api/governor',
      {
        config: { roles: EVERY_ROLE },
        schema: { tags, summary: 'Signer, master switch, budgets, and who waits for whom', response: { 200: View } },
      },
      async (request) => view(signer.status(), callerOf(request)),
    )
    app.post(
      '/api/governor/switch',
      {
        config: { roles: MAY_STOP, secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'The master switch: stop blocks of rules, stop every block, or let both go on',
          description: 'Unblocking goes on whatever it says. Also ends a freeze that the governor ordered by itself.',
          body: z.strictObject({ mode: SwitchWish.shape.mode, reason: z.string().trim().min(1).max(500) }),
          response: { 200: View },
        },
      },
      async (request) => changed(signer.setSwitch({ ...request.body, by: callerOf(request).login }), callerOf(request)),
    )
    app.post(
      '/api/governor/policy',
      {
        config: { roles: ['owner'], secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Make the limits stricter',
          description: 'A looser number changes nothing: more room is given only where the signer runs.',
          body: SignerPolicy.partial(),
          response: { 200: View },
        },
      },
      async (request) =>
        changed(signer.tighten({ policy: request.body, by: callerOf(request).login }), callerOf(request)),
    )
    app.post(
      '/api/governor/approvers',
      {
        config: { roles: MAY_APPROVE, secondFactor: 'fresh' },
        schema: {
          tags,
          summary: 'Register a person whose word counts for more than a few vehicles',
          description:
            'Oneself, or anybody else if the owner asks. The first two count at once, later ones after a day or what the policy says.',
          body: z.strictObject({ accountId: z.uuid().optional() }),
          response: { 200: View },
        },
      },
      async (request) => {
        const caller = callerOf(request)
        const accountId = request.body.accountId ?? caller.id
        if (accountId !== caller.id && caller.role !== 'owner') throw new Fault('access/forbidden')
        const account = await accountOf(accountId)
        if (account === undefined) throw new Fault('account/unknown')
        return changed(signer.addApprover({ ...account, by: caller.login }), caller)
      },
    )
  }
}
