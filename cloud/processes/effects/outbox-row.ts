import type { Effect } from '../engine/card.ts'

export type OutboxRow = ReturnType<typeof outboxRow>

/** Pure. A line of the outbox; a birth may wait for its day. */
export const outboxRow = (key: string, card: string | null, effect: Effect, now: number) => ({
  key,
  card,
  effect: JSON.stringify(effect),
  createdAt: now,
  dueAt: effect.kind === 'birth' && effect.at !== undefined ? Math.max(effect.at, now) : now,
  attempts: 0,
  state: 'waiting',
  problem: null,
  doneAt: null,
})
