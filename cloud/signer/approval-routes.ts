import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { OrderId } from '#contract/ids.ts'
import { Instant } from '#contract/instant.ts'
import { Assertion, Registration } from '../factors/key-answer.ts'
import { callerOf, type ParksInSight, type RouteRoles } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { OrderView, orderView } from '../orders/order-view.ts'
import type { StoredOrder } from '../orders/stored-order.ts'
import type { ListedBlock } from './approval-list.ts'
import type { SignerClient } from './signer-client.ts'
import {
  type ApprovalRefusal,
  ApprovalWay,
  ApprovalWish,
  NewPasskeyQuestion,
  PasskeyApprovalWish,
  PasskeyInvitation,
  PasskeyQuestion,
} from './signer-message.ts'

const tags = ['governor']
const config: { roles: RouteRoles; secondFactor: 'fresh' } = {
  roles: ['owner', 'head', 'security'],
  secondFactor: 'fresh',
}
const MOST_WAITING = 2000

export type ApprovalDeps = {
  readonly signer: Pick<SignerClient, 'approve' | 'askPasskey' | 'approveByPasskey' | 'beginPasskey' | 'keepPasskey'>
  readonly waiting: (limit: number) => Promise<readonly StoredOrder[]>
  /** Faults: order/unknown, order/no-approval-needed, order/own-approval. */
  readonly approve: (
    orders: readonly OrderId[],
    by: { readonly id: string; readonly name: string },
    way: ApprovalWay,
  ) => Promise<number>
  readonly ordersInSight: (parks: ParksInSight, orders: readonly OrderId[]) => Promise<ReadonlySet<OrderId>>
}

/** The second person's word. It is checked by the signer; here it is only carried, and written down when it counts. */
export function createApprovalRoutes({ signer, waiting, approve, ordersInSight }: ApprovalDeps): FastifyPluginAsyncZod {
  const inSight = async (parks: ParksInSight, orders: readonly OrderId[]): Promise<void> => {
    if ((await ordersInSight(parks, orders)).size < new Set(orders).size) throw new Fault('order/unknown')
  }
  return async (app) => {
    app.post(
      '/api/orders/approvals/options',
      {
        config,
        schema: {
          tags,
          summary: 'What the browser asks a passkey that is to stand by blocks',
          description:
            'The signer makes the challenge: the digest of exactly these orders, their vehicles, reasons and ends. Orders that do not wait for this person are left out; `orders` are those of the list. It is answered once, within five minutes.',
          body: z.strictObject({ orders: ApprovalWish.shape.orders }),
          response: {
            200: z.strictObject({
              wish: z.string(),
              /** The last moment at which one of these blocks may still be executed. */
              until: Instant,
              orders: z.array(OrderView),
              options: PasskeyQuestion,
            }),
          },
        },
      },
      async (request) => {
        const { id, parks } = callerOf(request)
        await inSight(parks, request.body.orders)
        const wanted = new Set(request.body.orders)
        const asked = (await waiting(MOST_WAITING)).filter((order) => wanted.has(order.id))
        const orders = asked.filter(({ askerId, approvals }) => askerId !== id && !approvals.some((by) => by.id === id))
        if (orders.length === 0) throw new Fault(asked.length > 0 ? 'order/own-approval' : 'order/no-approval-needed')
        const blocks = orders.flatMap((order) => listed(order))
        const answer = await reached(signer.askPasskey({ id, blocks }))
        if (answer.outcome === 'refused') throw refusal(answer)
        const { wish, until, question } = answer
        return { wish, until, orders: orders.map((order) => orderView(order)), options: question }
      },
    )
    app.post(
      '/api/orders/approvals',
      {
        config,
        schema: {
          tags,
          summary: 'Stand by blocks that one person alone may not order',
          description:
            'By a passkey: `wish` and `passkey` answer what `/api/orders/approvals/options` asked, and count for the cars of that list only. By a code, while the policy lets codes count: of the authenticator that was set up where the signer runs. The signer checks both itself, and counts either once.',
          body: z.union([
            z.strictObject({ orders: ApprovalWish.shape.orders, code: ApprovalWish.shape.code }),
            z.strictObject({ wish: PasskeyApprovalWish.shape.wish, passkey: Assertion }),
          ]),
          response: { 200: z.strictObject({ approved: z.int(), way: ApprovalWay }) },
        },
      },
      async (request) => {
        const { id, login: name, parks } = callerOf(request)
        const { body } = request
        if ('orders' in body) await inSight(parks, body.orders)
        const answer = await reached(
          'code' in body ? signer.approve({ id, ...body }) : signer.approveByPasskey({ id, ...body }),
        )
        if (answer.outcome === 'refused') throw refusal(answer)
        const { orders, way } = answer
        return { approved: await approve(orders, { id, name }, way), way }
      },
    )
    app.post(
      '/api/governor/passkeys/options',
      {
        config,
        schema: {
          tags,
          summary: 'What the browser needs to make a passkey for standing by blocks',
          description: 'Against the word that `npm run signer -- passkey` printed where the signer runs.',
          body: z.strictObject({ word: PasskeyInvitation.shape.word }),
          response: { 200: z.strictObject({ options: NewPasskeyQuestion }) },
        },
      },
      async (request) => {
        const { id, login: name } = callerOf(request)
        const answer = await reached(signer.beginPasskey({ id, name, word: request.body.word }))
        if (answer.outcome === 'refused') throw refusal(answer)
        return { options: answer.question }
      },
    )
    app.post(
      '/api/governor/passkeys',
      {
        config,
        schema: {
          tags,
          summary: 'Bring a passkey for standing by blocks',
          description:
            'It counts once its thumbprint has been said where the signer runs: `npm run signer -- confirm <thumbprint>`.',
          body: z.strictObject({ passkey: Registration }),
          response: { 200: z.strictObject({ thumbprint: z.string() }) },
        },
      },
      async (request) => {
        const { id } = callerOf(request)
        const answer = await reached(signer.keepPasskey({ id, passkey: request.body.passkey }))
        if (answer.outcome === 'refused') throw refusal(answer)
        return { thumbprint: answer.thumbprint }
      },
    )
  }
}

/** A block as the signer lists it; an unblock never waits for anybody. */
const listed = ({ id, vehicleId, gatewayId, reasons, notAfter }: StoredOrder): readonly ListedBlock[] =>
  notAfter === null ? [] : [{ orderId: id, vehicleId, gatewayId, reasons, notAfter }]

/** What did not reach the signer did not happen. */
const reached = <Answer>(asked: Promise<Answer>): Promise<Answer> =>
  asked.catch((cause: unknown) => {
    throw new Fault('signer/unavailable', cause instanceof Error ? cause.message : undefined)
  })

const refusal = ({ reason }: { readonly reason: ApprovalRefusal }): Fault => new Fault(`approval/${reason}`)
