import type { Clock, Millis } from '#contract/instant.ts'

/** Wakes one loop early. Rings that come while nobody waits are kept, as one. */
export type Bell<Note> = {
  ring(note?: Note): void
  /** Resolves at the next ring, or at once when it has rung since the last `take`. */
  rung(): Promise<void>
  /** The notes since the last take. */
  take(): ReadonlySet<Note>
}

export function createBell<Note>(): Bell<Note> {
  let notes = new Set<Note>()
  let ringing = Promise.withResolvers<void>()
  return {
    ring: (note) => {
      if (note !== undefined) notes.add(note)
      ringing.resolve()
    },
    rung: () => ringing.promise,
    take: () => {
      const taken = notes
      notes = new Set()
      ringing = Promise.withResolvers()
      return taken
    },
  }
}

/** Resolves at the next ring, after `length`, or when told to stop, whichever comes first. */
export async function restUntilRung(
  bell: Pick<Bell<unknown>, 'rung'>,
  clock: Clock,
  length: Millis,
  stop: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  await Promise.race([bell.rung(), clock.sleep(length, AbortSignal.any([stop, woken.signal]))])
  woken.abort()
}
