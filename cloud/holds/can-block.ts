/** Why an order to block cannot be given to this vehicle; the words are public. */
export type WhyNot = 'no-gateway' | 'gateway-not-claimed' | 'gateway-revoked' | 'not-commissioned'

export type BlockAbility =
  | { readonly canBlock: true; readonly whyNot: null }
  | { readonly canBlock: false; readonly whyNot: WhyNot }

type Gateway = { readonly state: 'claimable' | 'active' | 'revoked'; readonly sealed: object | null }

const because = (whyNot: WhyNot): BlockAbility => ({ canBlock: false, whyNot })

/** Pure. A vehicle can be blocked only through a gateway in service whose installation a technician has sealed. */
export function blockAbility(gateway: Gateway | undefined): BlockAbility {
  if (gateway === undefined) return because('no-gateway')
  switch (gateway.state) {
    case 'claimable':
      return because('gateway-not-claimed')
    case 'revoked':
      return because('gateway-revoked')
    case 'active':
      return gateway.sealed === null ? because('not-commissioned') : { canBlock: true, whyNot: null }
    default:
      return gateway.state satisfies never
  }
}
