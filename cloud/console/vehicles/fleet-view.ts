import { useSyncExternalStore } from 'react'
import { EVERYTHING, type FleetFilter } from './fleet-filter.ts'

/** The filter outlives the page: coming back from a card finds the list as it was left. */
let filter: FleetFilter = EVERYTHING
const listeners = new Set<() => void>()

export function changeFilter(change: Partial<FleetFilter>): void {
  filter = { ...filter, ...change }
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useFleetFilter = (): FleetFilter => useSyncExternalStore(subscribe, () => filter)
