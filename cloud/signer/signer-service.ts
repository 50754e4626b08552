import { createPublicKey } from 'node:crypto'
import { CompactSign, calculateJwkThumbprint } from 'jose'
import { CONFIGURATION_TYP, type Configuration } from '#contract/configuration.ts'
import type { GatewayId, OrderId } from '#contract/ids.ts'
import { OrderSeq } from '#contract/ids.ts'
import { later } from '#contract/instant.ts'
import { Order } from '#contract/order.ts'
import { SignerKey } from '#contract/provisioning.ts'
import type { World } from '../world.ts'
import { isListed } from './approval-list.ts'
import type { Approvals } from './approval-service.ts'
import { countsFrom, DAY, datedOrder, type Ruling, ruleOnBlock, usageOf } from './governor.ts'
import { createSignQueue } from './sign-queue.ts'
import type {
  ApprovalWay,
  ApproverWish,
  PolicyWish,
  SignAnswer,
  SignerStatus,
  SignRequest,
  SwitchState,
  SwitchWish,
} from './signer-message.ts'
import { type SignerPolicy, stricter } from './signer-policy.ts'
import type { Numbered, SignerStore } from './signer-store.ts'

/** The only holder of the signing key, and the governor of blocks. */
export type Governed = {
  /**
   * JWS compact, EdDSA, of these claims with the next number of the gateway, above `above`. Asked again for the same
   * order id it answers the very same words, whatever the claims: an order is never two. A block may be refused; an
   * unblock never is, and goes before every block that waits.
   */
  sign(request: SignRequest): Promise<SignAnswer>
  /** JWS of a configuration. Its `typ` keeps it from ever passing for an order, and an order for it. */
  signConfiguration(document: Configuration): Promise<string>
  /** Public keys that gateways pin when they are provisioned. */
  keys(): Promise<readonly SignerKey[]>
  status(): Promise<SignerStatus>
  setSwitch(wish: SwitchWish): Promise<SignerStatus>
  /** Only ever stricter; a looser number changes nothing. */
  tighten(wish: PolicyWish): Promise<SignerStatus>
  addApprover(wish: ApproverWish): Promise<SignerStatus>
}
export type Signer = Governed & Approvals

type Deps = Pick<World, 'clock' | 'log'> & {
  readonly store: SignerStore
  readonly policy: SignerPolicy
  /** With what this approver can prove himself now. */
  readonly waysOf: (id: string) => readonly ApprovalWay[]
}

export function createSignerService({ store, policy: configured, waysOf, clock, log }: Deps): Governed {
  const x = String(createPublicKey(store.privateKey).export({ format: 'jwk' }).x)
  const jwk = { kty: 'OKP', crv: 'Ed25519', x }
  const thumbprint = calculateJwkThumbprint(jwk)
  const memory = createNumberMemory()
  const started: SwitchState = { mode: 'running', reason: '', by: 'signer', at: clock.now() }
  let storage: SignerStatus['storage'] = 'disk'

  const policyNow = (): SignerPolicy => stricter(configured, store.tightened())
  const switchNow = (): SwitchState => store.switchState() ?? started

  const signed = async ({ seq, claims }: Numbered): Promise<SignAnswer> => {
    const jws = await new CompactSign(new TextEncoder().encode(claims))
      .setProtectedHeader({ alg: 'EdDSA', kid: await thumbprint })
      .sign(store.privateKey)
    return { outcome: 'signed', jws, seq }
  }

  const number = ({ claims, above, basis }: SignRequest, ruling: Extract<Ruling, { ruling: 'sign' }>): Numbered => {
    const numbered = store.reserve({
      orderId: claims.orderId,
      gatewayId: claims.aud,
      vehicleId: claims.vehicleId,
      above: Math.max(above, memory.highest(claims.aud)),
      at: clock.now(),
      action: claims.action,
      asker: ruling.asker,
      begun: ruling.begun,
      basis: JSON.stringify(basis),
      claims: (seq) => JSON.stringify(Order.parse({ ...datedOrder(claims, clock.now()), seq })),
    })
    memory.keep(claims.orderId, claims.aud, numbered)
    storage = 'disk'
    return numbered
  }

  /** Freeing a car waits for no disk: a number above every one that is known here or was seen by the asker will do. */
  const unblock = async (request: SignRequest): Promise<SignAnswer> => {
    const { claims, above } = request
    const kept = memory.find(claims.orderId)
    if (kept !== undefined) return signed(kept)
    try {
      return await signed(number(request, { ruling: 'sign', asker: request.basis.asker, begun: false }))
    } catch (cause) {
      storage = 'memory'
      log.error({ err: cause, orderId: claims.orderId }, 'signer.disk-refuses')
      const seq = OrderSeq.parse(Math.max(above, memory.highest(claims.aud)) + 1)
      const numbered = { seq, claims: JSON.stringify(Order.parse({ ...datedOrder(claims, clock.now()), seq })) }
      memory.keep(claims.orderId, claims.aud, numbered)
      return signed(numbered)
    }
  }

  const block = async (request: SignRequest): Promise<SignAnswer> => {
    const { claims, basis } = request
    const known = store.find(claims.orderId)
    if (known !== undefined) return signed(known)
    const now = clock.now()
    const { vehicleId } = claims
    const ruling = ruleOnBlock(
      {
        vehicleId,
        basis,
        mode: switchNow().mode,
        policy: policyNow(),
        approvers: store.approvers(),
        verified: store
          .approvalsOf(claims.orderId)
          .filter(({ block: listed }) => listed === null || isListed(listed, claims))
          .map(({ approver }) => approver),
        recent: store.blocksSince(later(now, -DAY)),
        renews: store.lastAction(vehicleId) === 'block',
      },
      now,
    )
    if (ruling.ruling === 'sign') {
      log.info({ orderId: claims.orderId, vehicleId, asker: ruling.asker, begun: ruling.begun }, 'signer.block-signed')
      return signed(number(request, ruling))
    }
    log.info({ orderId: claims.orderId, vehicleId, reason: ruling.reason }, 'signer.block-refused')
    if (ruling.freeze) {
      store.setSwitch({ mode: 'automatic-frozen', reason: ruling.reason, by: 'governor', at: now })
      log.warn({ reason: ruling.reason }, 'signer.automation-frozen')
    }
    return { outcome: 'refused', reason: ruling.reason, until: ruling.until }
  }

  const queue = createSignQueue((request) => (request.claims.action === 'unblock' ? unblock(request) : block(request)))

  const status = async (): Promise<SignerStatus> => {
    const now = clock.now()
    return {
      switch: switchNow(),
      policy: policyNow(),
      usage: usageOf(store.blocksSince(later(now, -DAY)), now),
      approvers: store.approvers().map((approver) => ({ ...approver, ways: waysOf(approver.id) })),
      storage,
    }
  }

  return {
    sign: queue.add,
    signConfiguration: async (document) =>
      new CompactSign(new TextEncoder().encode(JSON.stringify(document)))
        .setProtectedHeader({ alg: 'EdDSA', kid: await thumbprint, typ: CONFIGURATION_TYP })
        .sign(store.privateKey),
    keys: async () => [SignerKey.parse({ ...jwk, kid: await thumbprint, alg: 'EdDSA', use: 'sig' })],
    status,
    setSwitch: async ({ mode, reason, by }) => {
      store.setSwitch({ mode, reason, by, at: clock.now() })
      log.warn({ mode, reason, by }, 'signer.switched')
      return status()
    },
    tighten: async ({ policy, by }) => {
      const tighter = stricter(policyNow(), policy)
      store.tighten(tighter)
      log.warn({ policy: tighter, by }, 'signer.policy-tightened')
      return status()
    },
    addApprover: async ({ id, name, by }) => {
      store.addApprover({ id, name, countsFrom: countsFrom(store.approvers(), policyNow(), clock.now()) })
      log.warn({ approver: id, by }, 'signer.approver-added')
      return status()
    },
  }
}

/** Numbers given since the start, for the day on which the disk refuses. */
function createNumberMemory() {
  const highest = new Map<GatewayId, number>()
  const orders = new Map<OrderId, Numbered>()
  return {
    highest: (gateway: GatewayId): number => highest.get(gateway) ?? 0,
    find: (id: OrderId) => orders.get(id),
    keep: (id: OrderId, gateway: GatewayId, numbered: Numbered): void => {
      highest.set(gateway, Math.max(highest.get(gateway) ?? 0, numbered.seq))
      orders.set(id, numbered)
      const [oldest] = orders.keys()
      if (orders.size > REMEMBERED && oldest !== undefined) orders.delete(oldest)
    },
  }
}

const REMEMBERED = 10_000
