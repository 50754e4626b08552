import type { GatewayId, VehicleId } from '#contract/ids.ts'
import type { ConnectionStatus } from './gateway-registry.ts'

/** What is known of one gateway's connection, and the vehicle it was in then. */
export type StatusWord = ConnectionStatus & { readonly gatewayId: GatewayId; readonly vehicleId: VehicleId | null }

/**
 * Words on connections on their way to the table, one write after another: a newer word is never overtaken by an older one, and of
 * thousands that come at once all that came during one write go with the next.
 */
export function createStatusWords(write: (words: readonly StatusWord[]) => Promise<unknown>) {
  let writing: readonly StatusWord[] = []
  let waiting = new Map<GatewayId, StatusWord>()
  let next: Promise<void> | undefined
  let last: Promise<void> = Promise.resolve()
  const begin = async (): Promise<void> => {
    next = undefined
    writing = [...waiting.values()]
    waiting = new Map()
    try {
      await write(writing)
    } finally {
      writing = []
    }
  }
  return {
    /** Resolves when they have been written, rejects when that failed. */
    keep: (words: readonly StatusWord[]): Promise<void> => {
      for (const word of words) waiting.set(word.gatewayId, word)
      next ??= last = last.catch(() => {}).then(begin)
      return next
    },
    /** Not written yet, oldest first. */
    unwritten: (): readonly StatusWord[] => [...writing, ...waiting.values()],
  }
}
