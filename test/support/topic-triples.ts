import { GatewayId } from '#contract/ids.ts'
import { OWNTRACKS_CHANNELS } from '#contract/topics.ts'
import type { Identity } from '../../cloud/broker/topic-access.ts'
import { seededRandom } from './seeded-random.ts'

export type Operation = 'publish' | 'hear'
export type Triple = { readonly who: keyof typeof IDENTITIES; readonly operation: Operation; readonly topic: string }

/** One name begins like another, and one phone is called like a gateway's topic word. */
export const IDENTITIES = {
  short: { kind: 'gateway', gateway: GatewayId.parse('gw-abcdefgh') },
  long: { kind: 'gateway', gateway: GatewayId.parse('gw-abcdefgh1') },
  ivan: { kind: 'phone', user: 'ivan' },
} as const satisfies Record<string, Identity>
export const WHO = ['short', 'long', 'ivan'] as const

const NAMES = [
  'gw-abcdefgh',
  'gw-abcdefgh1',
  'gw-abcdefg',
  'gw-ABCDEFGH',
  'gw-zzzzzzzz',
  'ivan',
  'Ivan',
  'olga',
  '%u',
  '',
  'constructor',
]
const WORDS = [
  'up',
  'down',
  'records',
  'status',
  'order',
  'config',
  'receipt',
  'x',
  '',
  'phone',
  'location',
  ...OWNTRACKS_CHANNELS,
]
const ROOTS = [
  'kordon/v1',
  'kordon/v1',
  'kordon/v1',
  'owntracks',
  'owntracks',
  'kordon/v2',
  'kordon',
  '/kordon/v1',
  'Kordon/v1',
  'kordon//v1',
  'x',
]

/** Topic names that a client may send, most of them nearly right, drawn from a seed. */
export function drawTriples(seed: number, count: number): readonly Triple[] {
  const random = seededRandom(seed, 'triples')
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
  const nameFor = (who: Triple['who']): string => {
    const identity = IDENTITIES[who]
    if (random() < 0.5) return pick(NAMES)
    return identity.kind === 'gateway' ? identity.gateway : identity.user
  }
  const topicFor = (who: Triple['who']): string => {
    const draw = random()
    const name = nameFor(who)
    if (draw < 0.4) return `kordon/v1/${name}/${pick(['up', 'down'])}/${pick([...UP, ...DOWN])}`
    if (draw < 0.6) return `owntracks/${name}/${pick(['phone', 'p.1', ''])}${random() < 0.5 ? '' : `/${pick(WORDS)}`}`
    const levels = Array.from({ length: Math.floor(random() * 4) }, () => pick(WORDS))
    return [pick(ROOTS), name, ...levels].join('/')
  }
  return Array.from({ length: count }, () => {
    const who = pick(WHO)
    return { who, operation: pick(['publish', 'hear'] as const), topic: topicFor(who) }
  })
}

const UP = ['records', 'status']
const DOWN = ['order', 'config', 'receipt']
const isOneOf = (words: readonly string[], word: string | undefined): boolean =>
  word !== undefined && words.includes(word)

/**
 * What the contract says, written apart from the code: a gateway publishes two channels under its own name and hears three,
 * a phone speaks and hears under its own name.
 */
export function mayBy({ who, operation, topic }: Triple): boolean {
  const identity = IDENTITIES[who]
  const levels = topic.split('/')
  if (identity.kind === 'gateway')
    return (
      levels.length === 5 &&
      levels[0] === 'kordon' &&
      levels[1] === 'v1' &&
      levels[2] === identity.gateway &&
      (operation === 'publish'
        ? levels[3] === 'up' && isOneOf(UP, levels[4])
        : levels[3] === 'down' && isOneOf(DOWN, levels[4]))
    )
  if (levels[0] !== 'owntracks' || levels[1] !== identity.user) return false
  return levels.length === 3 || (levels.length === 4 && isOneOf(OWNTRACKS_CHANNELS, levels[3]))
}

/** A phone's device without a name is let through by access lists of brokers, which know no patterns of names, and ignored by the cloud. */
export const isNameless = ({ who, topic }: Triple): boolean =>
  IDENTITIES[who].kind === 'phone' && topic.split('/')[2] === ''
