import type { Caller } from './access.ts'
import type { FaultCode } from './fault.ts'

/**
 * What a caller may lay hands on below one address, such as `/api/vehicles/:id`: asked for every route at or under it,
 * whichever slice has made that route. Out of reach is answered like absent.
 */
export type Reach = {
  /** A route's address with exactly one parameter, the last segment. */
  readonly under: `/api/${string}/:${string}`
  /** The answer to whoever asks for what is absent or not for him. */
  readonly fault: FaultCode
  /** Whether this exists for the caller; false too for what does not exist at all. Never asked for who sees all parks. */
  reaches(caller: Caller, id: string): Promise<boolean>
}

/** Pure. The rules that speak about a route, by its address as declared. */
export const reachOf = (reach: readonly Reach[], url: string): readonly Reach[] =>
  reach.filter(({ under }) => url === under || url.startsWith(`${under}/`))

/** Pure. The parameter a rule asks about. */
export const parameterOf = ({ under }: Pick<Reach, 'under'>): string => under.slice(under.lastIndexOf('/:') + 2)
