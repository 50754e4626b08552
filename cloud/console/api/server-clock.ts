/**
 * Ages on screen are measured by the server's clock: an operator's computer may be minutes off, and a car must not
 * look fresh or lost because of that. The offset comes from the Date header of every answer.
 */
let offsetMs = 0

/** Takes note of a Date header; one that cannot be read changes nothing. */
export function noteServerTime(dateHeader: string | null): void {
  const at = dateHeader === null ? Number.NaN : Date.parse(dateHeader)
  // The header has whole seconds; differences below two are not worth shifting the screen for.
  if (Number.isFinite(at) && Math.abs(at - Date.now() - offsetMs) > 2000) offsetMs = at - Date.now()
}

/** Epoch milliseconds by the server's clock. */
export const serverNow = (): number => Date.now() + offsetMs

/** A moment of the browser's clock, by the server's. */
export const serverTimeOf = (browserMs: number): number => browserMs + offsetMs
