import { setTimeout as pause } from 'node:timers/promises'

/** Waits until the question is answered with something; fails by name when it is not answered in time. */
export async function until<Answer>(
  what: string,
  ask: () => Promise<Answer | undefined | false> | Answer | undefined | false,
  { withinMs = 30_000, everyMs = 25 } = {},
): Promise<Answer> {
  const giveUpAt = performance.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs / 1000} s: ${what}`)
    await pause(everyMs)
  }
}
