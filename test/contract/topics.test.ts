import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { accessFilters, downFilter, downTopic, everyUp, parseTopic, upTopic } from '#contract/topics.ts'

const gateway = GatewayId.parse('gw-0123456789abcdef')

test.each([
  { topic: upTopic(gateway, 'records'), expected: { direction: 'up', gateway, channel: 'records' } },
  { topic: upTopic(gateway, 'status'), expected: { direction: 'up', gateway, channel: 'status' } },
  { topic: downTopic(gateway, 'receipt'), expected: { direction: 'down', gateway, channel: 'receipt' } },
  { topic: downTopic(gateway, 'order'), expected: { direction: 'down', gateway, channel: 'order' } },
  { topic: 'owntracks/anna/phone', expected: { direction: 'owntracks', user: 'anna', device: 'phone' } },
])('reads $topic', ({ topic, expected }) => {
  expect(parseTopic(topic)).toEqual(expected)
})

test.each([
  '',
  'kordon/v1',
  `kordon/v1/${gateway}/up`,
  `kordon/v1/${gateway}/up/records/more`,
  `kordon/v2/${gateway}/up/records`,
  `/kordon/v1/${gateway}/up/records`,
  `kordon/v1/${gateway}/up/order`,
  `kordon/v1/${gateway}/down/records`,
  `kordon/v1/${gateway}/side/records`,
  'kordon/v1/gw-SHOUTING1/up/records',
  'kordon/v1/+/up/records',
  'kordon/v1/#',
  'kordon/v1/__proto__/up/records',
  '$SYS/broker/uptime',
  'owntracks',
  'owntracks/anna',
  'owntracks/anna/phone/more',
  'owntracks/+/phone',
  'owntracks/anna/a b',
])('is no topic of ours: %s', (topic) => {
  expect(parseTopic(topic)).toBeUndefined()
})

test('any text reads as one of ours only if building it again gives the same text', () => {
  const segment = fc.constantFrom('kordon', 'v1', gateway, 'up', 'down', 'records', 'order', '', '+', '#', 'owntracks')
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 7 }), (segments) => {
      const topic = segments.join('/')
      const parsed = parseTopic(topic)
      if (parsed === undefined) return
      const again =
        parsed.direction === 'owntracks'
          ? `owntracks/${parsed.user}/${parsed.device}`
          : parsed.direction === 'up'
            ? upTopic(parsed.gateway, parsed.channel)
            : downTopic(parsed.gateway, parsed.channel)
      expect(again).toBe(topic)
    }),
    { numRuns: 2000 },
  )
})

test('filters and access patterns name the same tree', () => {
  expect(downFilter(gateway)).toBe(`kordon/v1/${gateway}/down/#`)
  expect(accessFilters(gateway).everyDown).toBe(downFilter(gateway))
  expect(everyUp('records')).toBe('kordon/v1/+/up/records')
  expect(everyUp('records', 'kordon')).toBe('$share/kordon/kordon/v1/+/up/records')
})
