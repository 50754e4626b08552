/** What an RFC 9457 problem document says; `code` is stable and chooses the sentence on screen. */
export type ProblemFacts = {
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string | null
  readonly retryAfterS: number | null
}

/** The server answered, and the answer is no. */
export class Problem extends Error {
  readonly facts: ProblemFacts
  constructor(facts: ProblemFacts) {
    super(facts.title)
    this.name = 'Problem'
    this.facts = facts
  }
}

/** The server did not answer at all: nothing is known about whether the request was carried out. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('the server did not answer', { cause })
    this.name = 'Unreachable'
  }
}

const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise)

/** Pure. The facts of an error answer, whatever its body: a proxy in between may answer with a page instead of a problem. */
export function problemFrom(status: number, body: unknown, retryAfter: string | null): Problem {
  const said: Readonly<Record<string, unknown>> = typeof body === 'object' && body !== null ? { ...body } : {}
  const seconds = Number(said['retryAfterS'] ?? retryAfter ?? Number.NaN)
  return new Problem({
    status,
    code: text(said['code'], `http/${status}`),
    title: text(said['title'], `HTTP ${status}`),
    detail: typeof said['detail'] === 'string' ? said['detail'] : null,
    retryAfterS: Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null,
  })
}
