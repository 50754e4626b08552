import type { Profile } from '#contract/profile.ts'
import { isDenied, topicReadings } from '../local-bus/bus-access.ts'
import { isForeignCanFrame } from '../local-bus/can-request.ts'
import { type Mistake, when } from './mistake.ts'

/** Pure. The command of an MQTT relay. */
export function checkPublish(profile: Profile, publish: { topic: string; values: object }): readonly Mistake[] {
  const path = ['actions', 'immobilizer', 'publish']
  return [
    ...when(profile.transport.mqtt === undefined, path, 'a publish needs transport mqtt'),
    ...checkSaid(profile, publish.topic, [...path, 'topic']),
    ...Object.entries(publish.values).flatMap(([word, payload]) =>
      when(
        isDenied(profile, publish.topic, payload),
        [...path, 'values', word],
        `the deny-list of this profile forbids this payload (${word})`,
      ),
    ),
  ]
}

/** A topic that we say: never one that the unit says. */
function checkSaid(profile: Profile, topic: string, path: readonly (string | number)[]): readonly Mistake[] {
  return when(
    topicReadings(profile).some(([, reading]) => reading.topic === topic),
    path,
    'the unit says this topic itself: a reading has it',
  )
}

/** Pure. Questions ask, and nothing else. */
export function checkRequests(profile: Profile): readonly Mistake[] {
  const action = profile.actions?.immobilizer
  const command = action !== undefined && 'publish' in action ? action.publish.topic : undefined
  return (profile.transport.mqtt?.requests ?? []).flatMap(({ topic, payload }, index) => {
    const path = ['transport', 'mqtt', 'requests', index]
    return [
      ...checkSaid(profile, topic, [...path, 'topic']),
      ...when(
        topic === command,
        [...path, 'topic'],
        'this is the command topic of the relay: only the immobilizer speaks there',
      ),
      ...when(isDenied(profile, topic, payload), [...path, 'payload'], 'the deny-list of this profile forbids this'),
      ...when(
        isForeignCanFrame(payload),
        [...path, 'payload'],
        'on a CAN bus only OBD-II questions of mode 01 are asked: id 2015 or 2016 to 2023, eight bytes 2, 1, PID',
      ),
    ]
  })
}

/** Pure. Readings that come by topic. */
export const checkTopics = (profile: Profile): readonly Mistake[] => [
  ...topicReadings(profile).flatMap(([name, reading]) => {
    const path = ['readings', name]
    const { dateTime } = reading
    return [
      ...when(
        reading.path?.some((member) => String(member).startsWith('$')) === true,
        [...path, 'path'],
        'is a list of names, as [params, output], and no query: leave the $ out',
      ),
      ...when(
        reading.type === 'text' && (reading.path !== undefined || reading.when !== undefined),
        [...path, 'type'],
        'a text has no members: path and when are for json',
      ),
      ...when(
        reading.path === undefined && (reading.absent !== undefined || reading.bytes !== undefined),
        path,
        'absent and bytes are of a member: they need a path',
      ),
      ...when(
        reading.when !== undefined && reading.path === undefined && reading.type !== 'json',
        [...path, 'when'],
        'when looks into json: the reading needs a path or type json',
      ),
      ...when(
        dateTime !== undefined && dateTime !== 'DDMMYYhhmmss' && dateTime !== 'YYYYMMDDhhmmss',
        [...path, 'dateTime'],
        'the layout of a message gives both the date and the time',
      ),
    ]
  }),
  ...[
    ...topicReadings(profile).map(([name, { topic }]) => ({ topic, path: ['readings', name, 'topic'] })),
    ...(profile.transport.mqtt?.requests ?? []).map(({ topic }, index) => ({
      topic,
      path: ['transport', 'mqtt', 'requests', index, 'topic'],
    })),
  ].flatMap(({ topic, path }) => [
    ...when(topic.startsWith('$'), path, 'topics that begin with $ are reserved by brokers'),
    ...when(
      /^\/|[<>{}]/.test(topic),
      path,
      'stands here without the name of the unit: the installation gives that as prefix, and prefixAt says where it goes',
    ),
    ...when(
      topic.split('/').length < (profile.transport.mqtt?.prefixAt ?? 0),
      path,
      `the prefix stands after ${profile.transport.mqtt?.prefixAt} levels, but this topic has fewer`,
    ),
  ]),
]
