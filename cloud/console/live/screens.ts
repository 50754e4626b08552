/** A form that the server wants open in this browser: a call has come. */
export type Screen = { readonly open: string; readonly card: string }

const listeners = new Set<(screen: Screen) => void>()

/** Calls back for each; returns the way to stop. */
export function onScreen(listener: (screen: Screen) => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
export function announceScreen(screen: Screen): void {
  for (const listener of listeners) listener(screen)
}
