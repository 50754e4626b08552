import type { UnsignedBecause } from '../orders/unsigned.ts'

/** Why an order to block cannot be given to this vehicle; the words are public. */
export type WhyNot = 'no-gateway' | 'gateway-not-claimed' | 'gateway-revoked' | 'not-commissioned'

export type BlockAbility =
  | { readonly canBlock: true; readonly whyNot: null }
  | { readonly canBlock: false; readonly whyNot: WhyNot }

type Gateway = { readonly state: 'claimable' | 'active' | 'revoked'; readonly sealed: object | null }

const because = (whyNot: WhyNot): BlockAbility => ({ canBlock: false, whyNot })

const OUT_OF_SERVICE = { claimable: 'gateway-not-claimed', revoked: 'gateway-revoked' } as const

/** Pure. A vehicle can be blocked only through a gateway in service whose installation a technician has sealed. */
export function blockAbility(gateway: Gateway | undefined): BlockAbility {
  if (gateway === undefined) return because('no-gateway')
  if (gateway.state !== 'active') return because(OUT_OF_SERVICE[gateway.state])
  return gateway.sealed === null ? because('not-commissioned') : { canBlock: true, whyNot: null }
}

/** Why a block does not happen now although it can be asked for: the words are public. */
export type Hindrance = 'grace' | 'never-block-place' | UnsignedBecause

type Asked = {
  readonly grace: object | undefined
  readonly place?: 'anywhere' | 'never-block'
  readonly newest: { readonly unsignedBecause: UnsignedBecause | null; readonly closedAt: number | null } | undefined
}

/** Pure. What keeps an order from going out, beyond the vehicle's own ability. */
export function hindranceOf({ grace, place, newest }: Asked, signer: 'up' | 'down' | 'unknown'): Hindrance | null {
  if (grace !== undefined) return 'grace'
  if (place === 'never-block') return 'never-block-place'
  if (signer === 'down') return 'signer-unavailable'
  return newest === undefined || newest.closedAt !== null ? null : newest.unsignedBecause
}
