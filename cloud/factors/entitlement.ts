import type { Caller } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import { FRESH } from '../http/second-factor.ts'
import type { PeopleService } from '../people/people-service.ts'
import type { FactorService } from './factor-service.ts'

type Parts = { readonly people: Pick<PeopleService, 'prove' | 'now'>; readonly factors: Pick<FactorService, 'waysOf'> }

/** What a change of the own account asks for. */
export function entitlement({ people, factors }: Parts) {
  /** A second factor of the last quarter of an hour. Faults: access/second-factor. */
  const fresh = (caller: Caller): void => {
    const at = caller.secondFactorAt
    if (at === undefined || people.now() - at > FRESH) throw new Fault('access/second-factor')
  }
  return {
    fresh,
    /** The factor that is there, else the password: a borrowed session has neither. Faults: session/wrong-credentials too. */
    entitled: async (caller: Caller, password: string | undefined): Promise<void> => {
      if ((await factors.waysOf(caller.id)).length > 0) return fresh(caller)
      if (password === undefined) throw new Fault('session/wrong-credentials', 'the own password is needed')
      await people.prove(caller, password)
    },
  }
}
