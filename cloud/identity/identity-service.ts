import { createHash } from 'node:crypto'
import { z } from 'zod'
import { later } from '#contract/instant.ts'
import { STEP_LIVES } from '../factors/factor.ts'
import type { FactorStore } from '../factors/factor-store.ts'
import { Fault } from '../http/fault.ts'
import type { Account } from '../people/account.ts'
import type { PeopleService } from '../people/people-service.ts'
import type { World } from '../world.ts'
import type { IdentityStore } from './identity-store.ts'
import type { OidcClient } from './oidc-client.ts'
import { loginFrom, type OutsidePerson, personFrom, roleOf, type Terms } from './outside-person.ts'

type Deps = {
  readonly world: World
  readonly oidc: OidcClient
  readonly identities: IdentityStore
  readonly steps: Pick<FactorStore, 'beginStep' | 'takeStepOnce'>
  readonly people: Pick<PeopleService, 'accountById' | 'createOutside' | 'isTaken'>
  readonly terms: Terms
  readonly roleClaim: string
  /** Tells the person of one more way into the own account; never rejects. */
  readonly notify: (accountId: string, change: 'outside-linked') => Promise<void>
}

const Kept = z.object({ verifier: z.string(), state: z.string(), nonce: z.string() })

export type IdentityService = ReturnType<typeof createIdentityService>

/** Sign-in by an outside service: only people who were linked, or of allowed domains with a mapped role. */
export function createIdentityService({ world, oidc, identities, steps, people, terms, roleClaim, notify }: Deps) {
  const { clock, log } = world
  const adopt = async (person: OutsidePerson): Promise<Account> => {
    const role = roleOf(person, terms)
    if (role === undefined || person.email === undefined) throw new Fault('identity/refused')
    let login = loginFrom(person.email, 0)
    for (let number = 1; await people.isTaken(login); number += 1) login = loginFrom(person.email, number)
    const account = await people.createOutside({ login, name: person.name.slice(0, 80), role })
    await identities.link(person.issuer, person.subject, account.id, clock.now())
    log.info({ accountId: account.id, issuer: person.issuer }, 'identity.adopted')
    return account
  }
  return {
    /** Where to send the browser; `linkTo` is the account that is signed in and wants to be found from there. */
    depart: async (linkTo: string | null) => {
      const { url, departure } = await oidc.depart().catch((err: unknown) => {
        log.warn({ err }, 'identity.unavailable')
        throw new Fault('identity/unavailable')
      })
      await steps.beginStep({
        tokenHash: hashed(departure.state),
        kind: 'oidc',
        accountId: linkTo,
        data: departure,
        tries: 0,
        expiresAt: later(clock.now(), STEP_LIVES),
      })
      return { url, state: departure.state }
    },
    /**
     * Who came back; `state` is what this very browser was given. Faults: session/step-expired, identity/refused.
     */
    arrive: async (
      query: string,
      state: string | undefined,
    ): Promise<{ account: Account; linked: 'now' | 'before' }> => {
      const given = new URLSearchParams(query).get('state')
      if (state === undefined || given !== state) throw new Fault('session/step-expired')
      const step = await steps.takeStepOnce(hashed(state), 'oidc', clock.now())
      if (step === undefined) throw new Fault('session/step-expired')
      const claims = await oidc.arrive(query, Kept.parse(step.data)).catch((err: unknown) => {
        log.warn({ err }, 'identity.refused')
        throw new Fault('identity/refused')
      })
      const person = personFrom(claims, roleClaim)
      if (person === undefined) throw new Fault('identity/refused')
      const known = await identities.accountOf(person.issuer, person.subject)
      if (step.accountId !== null) {
        if (known !== undefined && known !== step.accountId)
          throw new Fault('identity/refused', 'linked to another account')
        await identities.link(person.issuer, person.subject, step.accountId, clock.now())
        log.info({ accountId: step.accountId, issuer: person.issuer }, 'identity.linked')
        await notify(step.accountId, 'outside-linked')
        const account = await people.accountById(step.accountId)
        if (account === undefined) throw new Fault('identity/refused')
        return { account, linked: 'now' }
      }
      if (known === undefined) return { account: await adopt(person), linked: 'before' }
      const account = await people.accountById(known)
      // Disabled here counts, whatever they say over there.
      if (account === undefined) throw new Fault('identity/refused')
      return { account, linked: 'before' }
    },
  }
}

const hashed = (word: string): string => createHash('sha256').update(word).digest('hex')
