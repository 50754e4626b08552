import { FIRST_MEMORY, type ImmobilizerMemory } from '../../edge/immobilizer/immobilizer-state.ts'
import type { OrderInboxStore } from '../../edge/orders/order-inbox-store.ts'

/** What is on the state file: survives a power cut as far as it has been synced. */
export type InboxFile = { memory: ImmobilizerMemory }

export const emptyInboxFile = (): InboxFile => ({ memory: FIRST_MEMORY })

/** The order inbox over a file that a power cut can cut, with the meaning that `order-inbox-store.ts` has. */
export type SimulatedInbox = OrderInboxStore & {
  /** A sync that takes its time: on disk when the answer is called, and only perhaps when the power goes before. */
  begin(memory: ImmobilizerMemory): () => void
  /** The process is gone; `reached` says whether a sync that was under way came through. */
  cut(reached: () => boolean): void
}

type Deps = { readonly file: InboxFile; readonly full: () => boolean }

export function createSimulatedInbox({ file, full }: Deps): SimulatedInbox {
  let unsynced: ImmobilizerMemory | undefined
  const keep = (memory: ImmobilizerMemory): void => {
    file.memory = memory
    unsynced = undefined
  }
  return {
    load: () => file.memory,
    save: (memory) => {
      if (full()) throw new Error('ENOSPC')
      keep(memory)
    },
    begin: (memory) => {
      if (full()) throw new Error('ENOSPC')
      unsynced = memory
      return () => keep(memory)
    },
    cut: (reached) => {
      if (unsynced !== undefined && reached()) keep(unsynced)
      unsynced = undefined
    },
  }
}
