import { GatewayId } from '#contract/ids.ts'
import { hearable, type Identity, publishable } from '../../cloud/broker/topic-access.ts'
import type { Draw } from './draw-plan.ts'
import type { Oracle } from './oracle.ts'

/** Ids that a careless comparison takes for one another. */
const NAMES = ['gw-abcdefgh', 'gw-abcdefgh1', 'gw-abcdefg', 'gw-simcar000', 'gw-simcar0001', '+', '#', 'constructor']
const CHANNELS = ['up/records', 'up/status', 'down/order', 'down/receipt', 'down/config', 'down/#', 'up/#', 'up/order']

/** A second opinion, written from the rule alone: own segment, right direction, known channel. */
function allowed(identity: Identity, operation: 'publish' | 'subscribe', topic: string): boolean {
  const [root, version, segment, direction, channel, ...rest] = topic.split('/')
  if (root === 'owntracks')
    return identity.kind === 'phone' && identity.user === version && segment !== undefined && direction === undefined
  if (identity.kind !== 'gateway' || root !== 'kordon' || version !== 'v1' || rest.length > 0) return false
  if (segment !== identity.gateway) return false
  if (operation === 'publish') return direction === 'up' && ['records', 'status'].includes(channel ?? '')
  return direction === 'down' && ['order', 'receipt', 'config', '#'].includes(channel ?? '')
}

/** I6 over random triples (identity, operation, topic); a will is a publish like any other. */
export function checkIsolation(draw: Draw, oracle: Oracle, times: number): void {
  for (let time = 0; time < times; time += 1) {
    const name = draw.pick(NAMES)
    const gateway = GatewayId.safeParse(name)
    const identity: Identity = gateway.success
      ? { kind: 'gateway', gateway: gateway.data }
      : { kind: 'phone', user: 'ann' }
    const topic = draw.chance(0.15)
      ? `owntracks/${draw.pick(['ann', 'anna', 'bob'])}/phone`
      : `${draw.pick(['kordon/v1', 'kordon/v1', 'kordon/v2'])}/${draw.pick(NAMES)}/${draw.pick(CHANNELS)}`
    const operation = draw.pick(['publish', 'subscribe', 'will'] as const)
    const asked = operation === 'subscribe' ? hearable(identity, topic) : isPublished(identity, operation, topic)
    const expected = allowed(identity, operation === 'subscribe' ? 'subscribe' : 'publish', topic)
    oracle.check('I6', -1, asked === expected, () => `${name} ${operation} ${topic}: ${String(asked)}`)
  }
}

const isPublished = (identity: Identity, _operation: 'publish' | 'will', topic: string): boolean =>
  publishable(identity, topic) !== undefined
