import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { OWNTRACKS_CHANNELS } from '#contract/topics.ts'
import { createFirstTime } from '../../../cloud/broker/first-time.ts'
import { gatewayNamed, hearable, type Identity, isClientId, publishable } from '../../../cloud/broker/topic-access.ts'

const gateway = (id: string): Identity => ({ kind: 'gateway', gateway: GatewayId.parse(id) })
const own = gateway('gw-abcdefgh')
const phone: Identity = { kind: 'phone', user: 'ivan' }

describe('topic access', () => {
  test.each([
    { name: 'its own records', who: own, topic: 'kordon/v1/gw-abcdefgh/up/records', may: true },
    { name: 'its own status', who: own, topic: 'kordon/v1/gw-abcdefgh/up/status', may: true },
    {
      name: 'a neighbour whose id begins like its own',
      who: own,
      topic: 'kordon/v1/gw-abcdefgh1/up/records',
      may: false,
    },
    { name: 'down topics, which are the cloud’s', who: own, topic: 'kordon/v1/gw-abcdefgh/down/order', may: false },
    { name: 'an unknown channel', who: own, topic: 'kordon/v1/gw-abcdefgh/up/other', may: false },
    { name: '$SYS', who: own, topic: '$SYS/broker/uptime', may: false },
    { name: 'a phone’s topic', who: own, topic: 'owntracks/ivan/phone', may: false },
    { name: 'its own phone topic', who: phone, topic: 'owntracks/ivan/phone', may: true },
    { name: 'another person’s phone', who: phone, topic: 'owntracks/olga/phone', may: false },
    { name: 'anything, unproved', who: undefined, topic: 'kordon/v1/gw-abcdefgh/up/records', may: false },
  ])('publish to $name: $may', ({ who, topic, may }) => {
    expect(publishable(who, topic) !== undefined).toBe(may)
  })

  test.each([
    { name: 'its own down/#', who: own, filter: 'kordon/v1/gw-abcdefgh/down/#', may: true },
    { name: 'its own order', who: own, filter: 'kordon/v1/gw-abcdefgh/down/order', may: true },
    { name: 'everything', who: own, filter: '#', may: false },
    { name: 'every gateway', who: own, filter: 'kordon/v1/+/down/order', may: false },
    { name: 'its own down/+', who: own, filter: 'kordon/v1/gw-abcdefgh/down/+', may: false },
    { name: 'what others send', who: own, filter: 'kordon/v1/gw-abcdefgh1/down/#', may: false },
    { name: 'its own up side', who: own, filter: 'kordon/v1/gw-abcdefgh/up/records', may: false },
    { name: 'a shared subscription', who: own, filter: '$share/x/kordon/v1/gw-abcdefgh/down/#', may: false },
    { name: 'every phone', who: phone, filter: 'owntracks/+/+', may: false },
    { name: 'its own phone topic', who: phone, filter: 'owntracks/ivan/phone', may: true },
  ])('subscribe to $name: $may', ({ who, filter, may }) => {
    expect(hearable(who, filter)).toBe(may)
  })

  test('agrees with an independent model on 100,000 random questions', () => {
    const id = fc.constantFrom(
      'gw-abcdefgh',
      'gw-abcdefgh1',
      'gw-zzzzzzzz',
      'gw-ABCDEFGH',
      '+',
      '#',
      '',
      'constructor',
      'ivan',
    )
    const word = fc.constantFrom('up', 'down', 'records', 'status', 'order', 'config', 'receipt', '#', '+', '', 'x')
    const topic = fc
      .tuple(
        fc.constantFrom('kordon/v1', 'kordon/v2', 'owntracks', '$SYS', 'kordon', '/kordon/v1'),
        id,
        word,
        fc.option(word, { nil: undefined }),
        fc.option(word, { nil: undefined }),
      )
      .map((parts) => parts.filter((part) => part !== undefined).join('/'))
    const ids = fc.constantFrom('gw-abcdefgh', 'gw-abcdefgh1', 'gw-zzzzzzzz')
    const ours = fc
      .tuple(
        ids,
        fc.constantFrom('up', 'down'),
        fc.constantFrom('records', 'status', 'order', 'config', 'receipt', '#'),
      )
      .map(([name, direction, channel]) => `kordon/v1/${name}/${direction}/${channel}`)
    const who = fc.constantFrom<Identity>(own, gateway('gw-abcdefgh1'), gateway('gw-zzzzzzzz'), phone)
    const model = (identity: Identity, operation: string, name: string): boolean => {
      if (identity.kind === 'phone')
        return new RegExp(
          `^owntracks/${identity.user}/[A-Za-z0-9_.-]{1,64}(/(${OWNTRACKS_CHANNELS.join('|')}))?$`,
        ).test(name)
      const mine = `^kordon/v1/${identity.gateway}`
      if (operation === 'publish') return new RegExp(`${mine}/up/(records|status)$`).test(name)
      return new RegExp(`${mine}/down/(receipt|order|config|#)$`).test(name)
    }
    const allowed = { publish: 0, subscribe: 0 }
    fc.assert(
      fc.property(
        who,
        fc.constantFrom('publish' as const, 'subscribe' as const),
        fc.oneof(topic, ours),
        (identity, operation, name) => {
          const may = operation === 'publish' ? publishable(identity, name) !== undefined : hearable(identity, name)
          expect(may).toBe(model(identity, operation, name))
          if (may) allowed[operation] += 1
        },
      ),
      { numRuns: 100_000 },
    )
    expect(Math.min(allowed.publish, allowed.subscribe)).toBeGreaterThan(500)
  })

  test.each([
    ['gw-abcdefgh', true],
    ['phone_1.x', true],
    ['constructor', false],
    ['__proto__', false],
    ['toString', false],
    ['#', false],
    ['a/b', false],
    ['', false],
    ['x'.repeat(65), false],
    ['a\0b', false],
  ])('a client may be called %j: %s', (name, may) => {
    expect(isClientId(name)).toBe(may)
  })

  test('only the exact pattern names a gateway', () => {
    expect([
      gatewayNamed('gw-abcdefgh'),
      gatewayNamed('gw-abc'),
      gatewayNamed('gw-abcdefgh\n'),
      gatewayNamed(undefined),
    ]).toEqual(['gw-abcdefgh', undefined, undefined, undefined])
  })
})

test('a first time is remembered up to a bound', () => {
  const firstTime = createFirstTime(2)
  expect(['a', 'a', 'b', 'c', 'c', 'a'].map(firstTime)).toEqual([true, false, true, true, false, true])
})
