export type Conversation = {
  readonly firstInAt: number
  readonly waitingSince: number | undefined
  readonly firstAnswerMs: number | undefined
  readonly closedAt: number | undefined
}

/** Pure. Somebody has written: he waits from his first word without an answer, and a closed conversation is open again. */
export function heard<Known extends Conversation>(known: Known, at: number): Known {
  return { ...known, waitingSince: known.waitingSince ?? at, closedAt: undefined }
}

/** Pure. We have answered: nobody waits, and the time of the first answer is kept for good. */
export function answered<Known extends Conversation>(known: Known, at: number): Known {
  const firstAnswerMs = known.firstAnswerMs ?? Math.max(0, at - (known.waitingSince ?? known.firstInAt))
  return { ...known, waitingSince: undefined, firstAnswerMs }
}

/** Pure. Nothing to answer (an advertisement, a "thank you"): nobody waits, and no answer is counted. */
export function closed<Known extends Conversation>(known: Known, at: number): Known {
  return { ...known, waitingSince: undefined, closedAt: at }
}
