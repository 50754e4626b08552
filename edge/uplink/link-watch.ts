import { type Millis, millis, seconds } from '#contract/instant.ts'

/** When one connection was last used. `asked`: the oldest packet that still waits for any sign of life. */
export type Link = {
  readonly sentAt: Millis
  readonly heardAt: Millis
  readonly asked?: { readonly at: Millis; readonly silence: Millis }
  readonly pingedAt?: Millis
}

/** What keeps the link honest now: nothing until a moment, a ping, or an end after that long a silence. */
export type LinkMove =
  | { readonly move: 'wait'; readonly until: Millis }
  | { readonly move: 'ping' }
  | { readonly move: 'give-up'; readonly silence: Millis }

/** Without any packet for so long after a question the link is asked by a ping; and given up so long after that. */
const ANSWER_WITHIN = seconds(30)
const PONG_WITHIN = seconds(20)

export const openedLink = (now: Millis): Link => ({ sentAt: now, heardAt: now })

/** Pure. A packet went out; `question` when it must be answered, `ping` when it was one. */
export function packetSent(link: Link, kind: 'statement' | 'question' | 'ping', now: Millis): Link {
  const silence = millis(now - Math.max(link.sentAt, link.heardAt))
  const asked = link.asked ?? (kind === 'statement' ? undefined : { at: now, silence })
  const pingedAt = kind === 'ping' ? now : link.pingedAt
  return {
    sentAt: now,
    heardAt: link.heardAt,
    ...(asked === undefined ? {} : { asked }),
    ...(pingedAt === undefined ? {} : { pingedAt }),
  }
}

/** Pure. Any packet came: the link lives, and has survived the silence before the question. */
export const packetHeard = (link: Link, now: Millis): { readonly link: Link; readonly survived: Millis } => ({
  link: { sentAt: link.sentAt, heardAt: now },
  survived: link.asked?.silence ?? millis(0),
})

/** Pure. A half-open connection takes everything and answers nothing; this is how it is found out. */
export function nextMove(link: Link, pingEvery: Millis, now: Millis): LinkMove {
  if (link.pingedAt !== undefined) {
    const until = millis(link.pingedAt + PONG_WITHIN)
    return now < until ? { move: 'wait', until } : { move: 'give-up', silence: link.asked?.silence ?? millis(0) }
  }
  const until = millis(link.asked === undefined ? link.sentAt + pingEvery : link.asked.at + ANSWER_WITHIN)
  return now < until ? { move: 'wait', until } : { move: 'ping' }
}
