import type { DevicePort, Installation } from '#contract/installation.ts'
import type { Profile, TopicDenial, TopicReading } from '#contract/profile.ts'
import { covers, unitTopic } from './unit-topic.ts'

/** One unit of the in-car broker: who it is, what it may say, and what it may hear. All topics are whole ones. */
export type BusUnit = {
  readonly user: string
  readonly passwordSha256: string
  readonly says: readonly string[]
  /** Those of `says` that may stay behind as retained: the unit's word that it is there. */
  readonly keeps: readonly string[]
  readonly hears: readonly string[]
}
/** A topic of a unit, with the only payloads that are ever sent to it. */
export type BusMessage = { readonly topic: string; readonly payloads: readonly string[] }

/** Everything that may be said on the in-car broker; what is not here is not said. */
export type BusPlan = {
  readonly host: string
  readonly port: number
  readonly units: readonly BusUnit[]
  /** Spoken by the immobilizer service and by nobody else. */
  readonly commands: readonly BusMessage[]
  readonly requests: readonly BusMessage[]
}

export type BusIdentity =
  | { readonly kind: 'unit'; readonly unit: BusUnit }
  /** The gateway's own two voices: the one that asks and listens, and the one that switches the relay. */
  | { readonly kind: 'reader' }
  | { readonly kind: 'immobilizer' }

export type MqttPort = Extract<DevicePort, { kind: 'mqtt' }>
export type PlannedUnit = { readonly profile: Profile; readonly port: MqttPort; readonly drivesRelay: boolean }

const LOOPBACK = { host: '127.0.0.1', port: 1883 } as const

/** Pure. The readings that come by topic, by name. */
export const topicReadings = (profile: Profile): readonly (readonly [string, TopicReading])[] =>
  Object.entries(profile.readings).flatMap(([name, reading]) => ('topic' in reading ? [[name, reading] as const] : []))

/** Pure. The topic entries of a profile's deny-list. */
export const topicDenials = (profile: Profile): readonly TopicDenial[] =>
  (profile.deny ?? []).filter((entry): entry is TopicDenial => 'topic' in entry)

/** Pure. Does the deny-list forbid this message? Topics as the profile writes them. */
export const isDenied = (profile: Profile, topic: string, payload: string): boolean =>
  topicDenials(profile).some((entry) => entry.topic === topic && (entry.payloads?.includes(payload) ?? true))

const unique = (topics: readonly string[]): readonly string[] => [...new Set(topics)]

/** Pure. A profile's topics as one unit says and hears them. */
export function topicsOfUnit({ profile, port, drivesRelay }: PlannedUnit): {
  readonly says: readonly string[]
  readonly keeps: readonly string[]
  readonly commands: readonly BusMessage[]
  readonly requests: readonly BusMessage[]
} {
  const { prefixAt, requests } = profile.transport.mqtt ?? {}
  const whole = (topic: string): string => unitTopic(port.prefix, topic, prefixAt)
  const readings = topicReadings(profile)
  const action = profile.actions?.immobilizer
  const publish = drivesRelay && action !== undefined && 'publish' in action ? action.publish : undefined
  const said = (wanted: (reading: TopicReading) => boolean): readonly string[] =>
    unique(readings.filter(([, reading]) => wanted(reading)).map(([, reading]) => whole(reading.topic)))
  return {
    says: said(() => true),
    // A topic that carries anything else too is not kept: an old state must not come again as a new one.
    keeps: said(({ topic }) =>
      readings.every(([, other]) => other.topic !== topic || other.capability === 'device.online'),
    ),
    commands:
      publish === undefined
        ? []
        : [{ topic: whole(publish.topic), payloads: [publish.values.free, publish.values.blocked] }],
    requests: (requests ?? []).map(({ topic, payload }) => ({ topic: whole(topic), payloads: [payload] })),
  }
}

/** Pure. The access plan of an installation's MQTT units, or why they cannot live on one broker. */
export function planBus(
  units: readonly PlannedUnit[],
  where: Installation['localBus'] = LOOPBACK,
): { readonly plan: BusPlan; readonly mistakes: readonly string[] } {
  const topics = units.map(topicsOfUnit)
  const plan: BusPlan = {
    ...where,
    units: units.map(({ port }, index) => ({
      user: port.user,
      passwordSha256: port.passwordSha256,
      says: topics[index]?.says ?? [],
      keeps: topics[index]?.keeps ?? [],
      hears: unique([...(topics[index]?.commands ?? []), ...(topics[index]?.requests ?? [])].map(({ topic }) => topic)),
    })),
    commands: topics.flatMap(({ commands }) => commands),
    requests: topics.flatMap(({ requests }) => requests),
  }
  return { plan, mistakes: conflicts(plan) }
}

const isTaken = (topics: readonly string[], topic: string): boolean =>
  topics.indexOf(topic) !== topics.lastIndexOf(topic)

function conflicts(plan: BusPlan): readonly string[] {
  const users = plan.units.map(({ user }) => user)
  const said = plan.units.flatMap(({ says }) => says)
  const ours = new Set([...plan.commands, ...plan.requests].map(({ topic }) => topic))
  return [
    ...unique(users.filter((user) => isTaken(users, user))).map((user) => `two MQTT units sign in as ${user}`),
    ...users.filter((user) => user.startsWith('kordon')).map((user) => `the user ${user} is the gateway's own`),
    ...unique(said.filter((topic) => isTaken(said, topic))).map((topic) => `two MQTT units say ${topic}`),
    ...said.filter((topic) => ours.has(topic)).map((topic) => `${topic} would be said both to a unit and by one`),
  ]
}

/** `stripped`: may be said, but not retained. `dropped`: chatter that goes nowhere. `refused`: ends the connection. */
export type PublishVerdict = 'allowed' | 'stripped' | 'dropped' | 'refused'

type Said = { readonly topic: string; readonly payload: string; readonly retain: boolean }

/**
 * Pure. Default deny. A unit says its own state and nothing else: chatter that no profile reads is dropped, since units
 * say more than anyone asked them; a word for or in the name of another unit is an attempt, and refused.
 */
export function judgePublish(plan: BusPlan, identity: BusIdentity | undefined, said: Said): PublishVerdict {
  if (identity === undefined) return 'refused'
  if (identity.kind !== 'unit') {
    const mine = identity.kind === 'immobilizer' ? plan.commands : plan.requests
    const isMine = mine.some(({ topic, payloads }) => topic === said.topic && payloads.includes(said.payload))
    return isMine && !said.retain ? 'allowed' : 'refused'
  }
  const { says, keeps } = identity.unit
  if (says.includes(said.topic)) return !said.retain || keeps.includes(said.topic) ? 'allowed' : 'stripped'
  const others = [
    ...plan.units.flatMap((unit) => unit.says),
    ...[...plan.commands, ...plan.requests].map(({ topic }) => topic),
  ]
  return said.topic.startsWith('$') || others.includes(said.topic) ? 'refused' : 'dropped'
}

/** Pure. May this filter be subscribed to? What then comes through it is judged once more, message by message. */
export const maySubscribe = (plan: BusPlan, identity: BusIdentity | undefined, filter: string): boolean =>
  heardBy(plan, identity).some((topic) => covers(filter, topic))

/** Pure. May this message be handed to that client? */
export const mayHear = (plan: BusPlan, identity: BusIdentity | undefined, topic: string): boolean =>
  heardBy(plan, identity).includes(topic)

function heardBy(plan: BusPlan, identity: BusIdentity | undefined): readonly string[] {
  if (identity === undefined || identity.kind === 'immobilizer') return []
  return identity.kind === 'unit' ? identity.unit.hears : plan.units.flatMap(({ says }) => says)
}
