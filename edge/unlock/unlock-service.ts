import { createHash, createHmac } from 'node:crypto'
import type { GatewayEvent } from '#contract/event.ts'
import type { Clock } from '#contract/instant.ts'
import type { UnlockSecret } from '#contract/provisioning.ts'
import { counterBytes, digitsOf, UNLOCK_CODE_USED, UnlockCode } from '#contract/unlock-code.ts'
import type { Log } from '../log.ts'
import { freshUnlockState, tryUnlockCode, type UnlockState, type UnlockVerdict } from './unlock-attempt.ts'
import type { UnlockStore } from './unlock-store.ts'

/** `unreadable`: not eight digits, which is no try. `no-secret`: claimed before there were codes. */
export type UnlockAnswer = UnlockVerdict | { readonly verdict: 'unreadable' } | { readonly verdict: 'no-secret' }

export type UnlockService = {
  /** Judges a typed code and, when it is right, frees the car at once: no network, no clock, no interlock. */
  enter(typed: string): UnlockAnswer
  /** The number of the code that comes next, for the person who reads it out to the office. */
  nextCounter(): number
  /** Ends what a power cut between taking a code and freeing the car has left undone. */
  resume(): void
}

type Deps = {
  readonly secret: UnlockSecret | undefined
  readonly store: UnlockStore
  readonly releaseLocally: () => void
  /** Puts the event on disk; never throws. */
  readonly keepEvent: (event: GatewayEvent) => void
  readonly clock: Clock
  readonly log: Log
}

export function createUnlockService({ secret, store, releaseLocally, keepEvent, clock, log }: Deps): UnlockService {
  const key = secret === undefined ? undefined : Buffer.from(secret, 'base64url')
  const name = key === undefined ? '' : createHash('sha256').update(key).digest('hex').slice(0, 32)
  const left = store.load(name)
  let state: UnlockState = { ...freshUnlockState, nextCounter: left.nextCounter }

  /** A disk that refuses keeps nobody locked in: the code is then spent in memory only, and nothing can be blocked anyway. */
  const save = (freeing: boolean): void => {
    try {
      store.save(name, { nextCounter: state.nextCounter, freeing })
    } catch (cause) {
      log.error({ err: cause }, 'unlock-code.unwritable')
    }
  }
  const free = (counter: number): void => {
    releaseLocally()
    keepEvent({ kind: 'event', name: UNLOCK_CODE_USED, at: clock.now(), data: { counter } })
    log.warn({ counter }, 'unlock-code.used')
    save(false)
  }

  return {
    nextCounter: () => state.nextCounter,
    resume: () => {
      if (left.freeing) free(left.nextCounter - 1)
    },
    enter: (typed) => {
      if (key === undefined) return { verdict: 'no-secret' }
      const code = UnlockCode.safeParse(typed)
      if (!code.success) return { verdict: 'unreadable' }
      const codeAt = (counter: number): string =>
        digitsOf(createHmac('sha1', key).update(counterBytes(counter)).digest())
      const { state: next, answer } = tryUnlockCode(state, code.data, codeAt, clock.steady())
      state = next
      if (answer.verdict !== 'accepted') {
        log.warn({ verdict: answer.verdict }, 'unlock-code.refused')
        return answer
      }
      // Spent on disk before it frees: through any power cut a code works once.
      save(true)
      free(answer.counter)
      return answer
    },
  }
}
