import { GatewayId } from '#contract/ids.ts'
import { downFilter, type ParsedTopic, parseTopic } from '#contract/topics.ts'

/** Who is at the other end, as proved by certificate or password; never taken from the client id alone. */
export type Identity =
  | { readonly kind: 'gateway'; readonly gateway: GatewayId }
  | { readonly kind: 'phone'; readonly user: string }

const CLIENT_ID = /^[A-Za-z0-9_.-]{1,64}$/

/**
 * Pure. May this client id exist at all? Asked before anything else looks at it: wildcards, slashes and the names every
 * JavaScript object inherits never reach a topic, an access list or a map (CVE-2017-7650, GHSA-52qw-whmv-87c5).
 */
export const isClientId = (candidate: string): boolean => CLIENT_ID.test(candidate) && !(candidate in Object.prototype)

/** Pure. The gateway named by a client id, user name or certificate CN. */
export function gatewayNamed(name: string | undefined): GatewayId | undefined {
  const parsed = GatewayId.safeParse(name)
  return parsed.success ? parsed.data : undefined
}

/**
 * Pure. May the identity publish there? Answers the topic, read, or undefined. Split segments are compared with the
 * identity, never prefixes. Wills and retained messages ask the same question.
 */
export function publishable(identity: Identity | undefined, topic: string): ParsedTopic | undefined {
  const parsed = parseTopic(topic)
  if (identity === undefined || parsed === undefined) return undefined
  switch (parsed.direction) {
    case 'up':
      return identity.kind === 'gateway' && identity.gateway === parsed.gateway ? parsed : undefined
    case 'owntracks':
      return identity.kind === 'phone' && identity.user === parsed.user ? parsed : undefined
    case 'down':
      return undefined
    default:
      return parsed satisfies never
  }
}

/** Pure. May the identity subscribe to this filter? A gateway's only wildcard is `down/#` under its own name. */
export function hearable(identity: Identity | undefined, filter: string): boolean {
  if (identity === undefined) return false
  if (identity.kind === 'gateway' && filter === downFilter(identity.gateway)) return true
  const parsed = parseTopic(filter)
  if (parsed === undefined) return false
  if (parsed.direction === 'down') return identity.kind === 'gateway' && identity.gateway === parsed.gateway
  return parsed.direction === 'owntracks' && identity.kind === 'phone' && identity.user === parsed.user
}
