import { useSyncExternalStore } from 'react'
import { serverNow } from '../api/server-clock.ts'
import type { LinkState } from './live-stream.ts'

export type LinkStatus = { readonly state: LinkState; readonly lastSignAt: number | null }

let status: LinkStatus = { state: 'connecting', lastSignAt: null }
const listeners = new Set<() => void>()

/** A connection being tried again after a loss is still a loss to the person who looks at the page. */
export function noteLink(state: LinkState): void {
  const shown = state === 'connecting' && status.state === 'down' ? 'down' : state
  if (shown === status.state) return
  status = { ...status, state: shown }
  for (const listener of listeners) listener()
}

/** Not announced: it happens many times a second, and nobody shows it while the link lives. */
export function noteSign(): void {
  status = { ...status, lastSignAt: serverNow() }
}

export function forgetLink(): void {
  status = { state: 'connecting', lastSignAt: null }
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useLinkState = (): LinkState => useSyncExternalStore(subscribe, () => status.state)
export const lastSignAt = (): number | null => status.lastSignAt
