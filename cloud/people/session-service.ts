import { createHash } from 'node:crypto'
import { type Millis, minutes } from '#contract/instant.ts'
import type { Caller } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { World } from '../world.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './account-store.ts'
import { extendedExpiry, firstExpiry } from './session.ts'
import type { SessionStore } from './session-store.ts'
import type { ApiToken, TokenStore } from './token-store.ts'

const USED_EVERY: Millis = minutes(1)

/** A new session's secret, to be set as cookie, and whose it is. */
export type SignedIn = { readonly account: Account; readonly secret: string }

/** From where somebody signs in, by which program, and the session that browser had. */
export type From = { readonly address: string; readonly program: string; readonly session: string | undefined }

/** How a sign-in was proven besides the password. */
export type Proven = 'by-second-factor' | 'by-recovery-code' | 'not-yet'

type Deps = {
  readonly world: World
  readonly accounts: Pick<AccountStore, 'byId'>
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  readonly sightOf: (accountId: string) => Promise<readonly string[]>
  /** A session was opened: for the record, and for who has to hear of it. */
  readonly opened: (account: Account, from: From, proven: Proven) => Promise<void>
}

export type SessionService = ReturnType<typeof createSessionService>

/** Sessions and API tokens: who is calling, proven by cookie or token. Secrets are known here by their hash alone. */
export function createSessionService({ world, accounts, sessions, tokens, sightOf, opened }: Deps) {
  const { clock, log } = world
  const secret = (): string => Buffer.from(world.randomBytes(32)).toString('base64url')

  type Means = Pick<Caller, 'by' | 'through' | 'secondFactorAt' | 'scopes'>
  const callerFrom = async (account: Account, means: Means): Promise<Caller> => {
    const { id, login, name, role, seesParks, noBlockUntil } = account
    const waits = noBlockUntil === null ? {} : { noBlockUntil }
    return { id, login, name, role, ...means, ...waits, parks: seesParks === 'all' ? 'all' : await sightOf(id) }
  }

  const bySession = async (session: string): Promise<Caller | null> => {
    const tokenHash = hashSecret(session)
    const found = await sessions.find(tokenHash)
    const now = clock.now()
    if (found === undefined || found.expiresAt <= now) return null
    const account = await accounts.byId(found.accountId)
    if (account === undefined) return null
    const expiresAt = extendedExpiry(found, now)
    if (expiresAt !== undefined) await sessions.extend(tokenHash, expiresAt, now)
    const factor = found.secondFactorAt === null ? {} : { secondFactorAt: found.secondFactorAt }
    return callerFrom(account, { by: 'session', through: found.id, ...factor })
  }

  const byToken = async (bearer: string): Promise<Caller | null> => {
    const token = await tokens.find(hashSecret(bearer))
    if (token === undefined || (token.expiresAt !== null && token.expiresAt <= clock.now())) return null
    const account = await accounts.byId(token.accountId)
    if (account === undefined) return null
    if (token.lastUsedAt === null || clock.now() - token.lastUsedAt >= USED_EVERY)
      await tokens.used(token.id, clock.now())
    return callerFrom(account, {
      by: 'token',
      through: token.id,
      ...(token.scopes === null ? {} : { scopes: token.scopes }),
    })
  }

  return {
    /** The person behind a cookie or a token; a token, when given, counts alone. */
    findCaller: async (credentials: { session: string | undefined; bearer: string | undefined }) => {
      if (credentials.bearer !== undefined) return byToken(credentials.bearer)
      return credentials.session === undefined ? null : bySession(credentials.session)
    },

    /** After everything that was to be proven was proven; ends the session the browser had. */
    open: async (account: Account, from: From, proven: Proven): Promise<SignedIn> => {
      if (from.session !== undefined) await sessions.remove(hashSecret(from.session))
      const now = clock.now()
      const session = secret()
      await sessions.insert({
        id: world.uuid(),
        tokenHash: hashSecret(session),
        accountId: account.id,
        createdAt: now,
        expiresAt: firstExpiry(now),
        secondFactorAt: proven === 'by-second-factor' ? now : null,
        address: from.address,
        program: from.program.slice(0, 200),
      })
      log.info({ accountId: account.id, proven }, 'people.signed-in')
      await opened(account, from, proven)
      return { account, secret: session }
    },

    signOut: (session: string): Promise<void> => sessions.remove(hashSecret(session)),

    /** The caller's session goes on under a new secret, proven by a second factor just now. */
    proven: async (session: string): Promise<string> => {
      const next = secret()
      await sessions.rotate(hashSecret(session), hashSecret(next), clock.now())
      return next
    },

    listSessions: (caller: Caller) => sessions.listOf(caller.id, clock.now()),
    /** Faults: session/unknown. */
    endSession: async (caller: Caller, id: string): Promise<void> => {
      if (!(await sessions.end(id, caller.id))) throw new Fault('session/unknown')
    },
    endOtherSessions: async (caller: Caller): Promise<void> => sessions.endOthers(caller.through ?? '', caller.id),
    endSessionsOf: (accountId: string): Promise<void> => sessions.removeOf(accountId),
    /** Every session and every token of an account. */
    endAllOf: async (accountId: string): Promise<void> => {
      await sessions.removeOf(accountId)
      await tokens.revokeOf(accountId, clock.now())
    },
    forgetExpired: (): Promise<void> => sessions.removeExpired(clock.now()),

    /** The prefix lets secret scanners know one when they see one. */
    createToken: async (caller: Caller, wanted: Pick<ApiToken, 'name' | 'expiresAt' | 'scopes'>) => {
      const bearer = `kdn_${secret()}`
      const shown = bearer.slice(0, 8)
      const base = { id: world.uuid(), accountId: caller.id, createdAt: clock.now(), lastUsedAt: null, shown }
      const token: ApiToken = { ...base, ...wanted }
      await tokens.insert(token, hashSecret(bearer))
      log.info({ accountId: caller.id, tokenId: token.id }, 'people.token-created')
      return { token, bearer }
    },
    listTokens: (caller: Caller): Promise<readonly ApiToken[]> => tokens.listOf(caller.id),
    /** Faults: token/unknown. */
    revokeToken: async (caller: Caller, id: string): Promise<void> => {
      if (!(await tokens.revoke(id, caller.id, clock.now()))) throw new Fault('token/unknown')
    },
  }
}

const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')
