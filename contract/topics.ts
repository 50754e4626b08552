import { GatewayId } from './ids.ts'

/** The only file with a topic string in it. */
const ROOT = 'kordon/v1'

export const UP_CHANNELS = ['records', 'status'] as const
export type UpChannel = (typeof UP_CHANNELS)[number]
export const DOWN_CHANNELS = ['receipt', 'order', 'config'] as const
export type DownChannel = (typeof DOWN_CHANNELS)[number]

export const upTopic = (gateway: GatewayId, channel: UpChannel): string => `${ROOT}/${gateway}/up/${channel}`
export const downTopic = (gateway: GatewayId, channel: DownChannel): string => `${ROOT}/${gateway}/down/${channel}`
export const downFilter = (gateway: GatewayId): string => `${ROOT}/${gateway}/down/#`
/** What a cloud instance subscribes to behind an external broker; `share` names the group that splits the work. */
export const everyUp = (channel: UpChannel, share?: string): string =>
  share === undefined ? `${ROOT}/+/up/${channel}` : `$share/${share}/${ROOT}/+/up/${channel}`

/** What OwnTracks phones publish besides positions, under a topic of its own each. */
export const OWNTRACKS_CHANNELS = [
  'event',
  'status',
  'waypoint',
  'waypoints',
  'step',
  'beacon',
  'dump',
  'info',
] as const
export type OwntracksChannel = (typeof OWNTRACKS_CHANNELS)[number]

/** What a cloud instance subscribes to for trackers behind an external broker. */
export const everyOwntracks = (share: string): readonly string[] => [
  `$share/${share}/owntracks/+/+`,
  `$share/${share}/owntracks/+/+/+`,
]

/**
 * Pure. What an outside broker has to allow, and nothing else: filters by who asks and in which direction. `self`: how
 * that broker writes the name that a client proved, such as `%u`.
 */
export const accessFilters = (self: string) => ({
  gateway: {
    publish: UP_CHANNELS.map((channel) => `${ROOT}/${self}/up/${channel}`),
    hear: DOWN_CHANNELS.map((channel) => `${ROOT}/${self}/down/${channel}`),
  },
  /** What a gateway asks for at once, instead of its channels one by one. */
  everyDown: `${ROOT}/${self}/down/#`,
  phone: [`owntracks/${self}/+`, ...OWNTRACKS_CHANNELS.map((channel) => `owntracks/${self}/+/${channel}`)],
  cloud: {
    publish: DOWN_CHANNELS.map((channel) => `${ROOT}/+/down/${channel}`),
    hear: [...UP_CHANNELS.map((channel) => `${ROOT}/+/up/${channel}`), 'owntracks/+/+', 'owntracks/+/+/+'],
  },
})

export type ParsedTopic =
  | { readonly direction: 'up'; readonly gateway: GatewayId; readonly channel: UpChannel }
  | { readonly direction: 'down'; readonly gateway: GatewayId; readonly channel: DownChannel }
  | {
      readonly direction: 'owntracks'
      readonly user: string
      readonly device: string
      /** Absent for a position. */
      readonly channel?: OwntracksChannel
    }

const isOneOf = <Word extends string>(words: readonly Word[], candidate: string): candidate is Word =>
  (words as readonly string[]).includes(candidate)

/** Pure. Reads a concrete topic name, or answers undefined for anything that is not exactly one of ours. */
export function parseTopic(topic: string): ParsedTopic | undefined {
  const [root, second, third, fourth, fifth, ...rest] = topic.split('/')
  if (root === 'owntracks') return fifth === undefined ? parseOwntracks(second, third, fourth) : undefined
  if (rest.length > 0 || `${root}/${second}` !== ROOT || fifth === undefined) return undefined
  const gateway = GatewayId.safeParse(third)
  if (!gateway.success) return undefined
  if (fourth === 'up' && isOneOf(UP_CHANNELS, fifth)) return { direction: 'up', gateway: gateway.data, channel: fifth }
  if (fourth === 'down' && isOneOf(DOWN_CHANNELS, fifth))
    return { direction: 'down', gateway: gateway.data, channel: fifth }
  return undefined
}

const OWNTRACKS_NAME = /^[A-Za-z0-9_.-]{1,64}$/

function parseOwntracks(user?: string, device?: string, channel?: string): ParsedTopic | undefined {
  if (user === undefined || device === undefined) return undefined
  if (!OWNTRACKS_NAME.test(user) || !OWNTRACKS_NAME.test(device)) return undefined
  if (channel === undefined) return { direction: 'owntracks', user, device }
  return isOneOf(OWNTRACKS_CHANNELS, channel) ? { direction: 'owntracks', user, device, channel } : undefined
}
