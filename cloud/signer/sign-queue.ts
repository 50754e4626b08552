import type { SignAnswer, SignRequest } from './signer-message.ts'

export type SignQueue = { add(request: SignRequest): Promise<SignAnswer> }

type Waiting = { readonly request: SignRequest; readonly turn: PromiseWithResolvers<SignAnswer> }

/** Pure but for its own memory. One request at a time; every unblock goes before every block that waits. */
export function createSignQueue(work: (request: SignRequest) => Promise<SignAnswer>): SignQueue {
  const unblocks: Waiting[] = []
  const blocks: Waiting[] = []
  let busy = false
  const next = (): void => {
    const waiting = unblocks.shift() ?? blocks.shift()
    busy = waiting !== undefined
    if (waiting === undefined) return
    work(waiting.request).then(waiting.turn.resolve, waiting.turn.reject).then(next, next)
  }
  return {
    add: (request) => {
      const turn = Promise.withResolvers<SignAnswer>()
      const lane = request.claims.action === 'unblock' ? unblocks : blocks
      lane.push({ request, turn })
      if (!busy) next()
      return turn.promise
    },
  }
}
