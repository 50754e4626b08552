import { argon2, createHash, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { later, type Millis, minutes } from '#contract/instant.ts'
import type { AuditWord } from '../audit/entry.ts'
import type { FactorWay } from '../factors/factor.ts'
import type { Caller, ParksInSight, Role } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { World } from '../world.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './account-store.ts'
import { createFailureBook } from './failure-book.ts'
import { ARGON2_COST, decodeHash, encodeHash, judgePassword, type PasswordHash } from './password.ts'
import { extendedExpiry, firstExpiry } from './session.ts'
import type { SessionStore } from './session-store.ts'
import type { SetupStore } from './setup-store.ts'
import { PER_ADDRESS, PER_LOGIN, waitFor } from './throttle.ts'
import type { ApiToken, TokenStore } from './token-store.ts'

const deriveArgon2 = promisify(argon2)

/** Long enough for the person whose account it was to notice. */
export const RECOVERED_WAITS: Millis = minutes(24 * 60)
const USED_EVERY: Millis = minutes(1)
const SETUP_LINK_LIVES: Millis = minutes(24 * 60)

export type AccountChange = {
  readonly role?: Role
  readonly name?: string
  readonly parks?: ParksInSight
}

export type NewAccount = {
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly password: string
  /** Ids; absent: all. */
  readonly parks?: readonly string[] | undefined
}

/** A new session's secret, to be set as cookie, and whose it is. */
export type SignedIn = { readonly account: Account; readonly secret: string }

/** The password was right; the second factor is still to be shown, within a few minutes, together with this word. */
export type HalfWay = { readonly step: string; readonly ways: readonly FactorWay[] }

/** From where somebody signs in, by which program, and the session that browser had. */
export type From = { readonly address: string; readonly program: string; readonly session: string | undefined }

/** How a sign-in was proven besides the password. */
export type Proven = 'by-second-factor' | 'by-recovery-code' | 'not-yet'

type Deps = {
  readonly world: World
  readonly accounts: AccountStore
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  readonly setups: SetupStore
  readonly waysOf: (accountId: string) => Promise<readonly FactorWay[]>
  /** Undefined for an account without a second factor. */
  readonly secondFactorOf: (account: Account) => Promise<HalfWay | undefined>
  /** Puts on record who signed in, and who tried to. */
  readonly witness: (words: readonly AuditWord[]) => Promise<void>
  /** The parks listed for an account that does not see all. */
  readonly setSight: (accountId: string, parks: ParksInSight) => Promise<void>
  readonly sightOf: (accountId: string) => Promise<readonly string[]>
}

export type PeopleService = ReturnType<typeof createPeopleService>

/** Accounts, sessions, API tokens: who is calling, proven by password, cookie or token. */
export function createPeopleService(deps: Deps) {
  const { world, accounts, sessions, tokens, setups } = deps
  const { clock, log } = world
  const failures = createFailureBook()
  const secret = (): string => Buffer.from(world.randomBytes(32)).toString('base64url')
  // Unknown logins are checked against this, so that an answer takes as long as for a known one.
  const decoy: PasswordHash = { ...ARGON2_COST, salt: world.randomBytes(16), tag: world.randomBytes(32) }

  const hashPassword = async (password: string): Promise<string> => {
    const salt = world.randomBytes(16)
    return encodeHash({ ...ARGON2_COST, salt, tag: await deriveTag(password, { ...ARGON2_COST, salt }, 32) })
  }

  const tell = async (
    event: string,
    accountId: string,
    data: Readonly<Record<string, unknown>> = {},
  ): Promise<void> => {
    const by = accountId === '' ? ({ kind: 'nobody', id: '' } as const) : ({ kind: 'user', id: accountId } as const)
    const subjects = accountId === '' ? [] : [accountId]
    const source = `sign-in:${world.uuid()}`
    await deps
      .witness([{ source, at: clock.now(), kind: 'sign-in', by, subjects, data: { event, ...data } }])
      .catch((err: unknown) => log.error({ err }, 'audit.not-told'))
  }

  const open = async (account: Account, from: From, proven: Proven): Promise<SignedIn> => {
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
    if (proven === 'by-recovery-code') await accounts.setNoBlock(account.id, later(now, RECOVERED_WAITS))
    log.info({ accountId: account.id, proven }, 'people.signed-in')
    await tell('signed-in', account.id, { proven, address: from.address })
    return { account, secret: session }
  }

  /** Undefined when the login is taken. */
  const insert = async (wanted: NewAccount): Promise<Account | undefined> => {
    const account = {
      id: world.uuid(),
      login: wanted.login,
      name: wanted.name,
      role: wanted.role,
      passwordHash: await hashPassword(wanted.password),
      seesParks: wanted.parks === undefined ? ('all' as const) : ('listed' as const),
      noBlockUntil: null,
    }
    if (!(await accounts.insert(account, clock.now()))) return undefined
    if (wanted.parks !== undefined) await deps.setSight(account.id, wanted.parks)
    log.info({ accountId: account.id, role: account.role }, 'people.account-created')
    return account
  }

  const create = async (wanted: NewAccount): Promise<Account> => {
    const account = await insert(wanted)
    if (account === undefined) throw new Fault('account/login-taken')
    return account
  }

  const endAll = async (id: string): Promise<void> => {
    await sessions.removeOf(id)
    await tokens.revokeOf(id, clock.now())
  }

  const disable = async (id: string): Promise<void> => {
    await accounts.disable(id, clock.now())
    await endAll(id)
    log.info({ accountId: id }, 'people.account-disabled')
  }

  const refuseWeak = (password: string, login: string): void => {
    const verdict = judgePassword(password, login)
    if (verdict !== 'good') throw new Fault('account/weak-password', verdict)
  }

  type Means = Pick<Caller, 'by' | 'through' | 'secondFactorAt' | 'scopes'>
  const callerFrom = async (account: Account, means: Means): Promise<Caller> => {
    const { id, login, name, role, seesParks, noBlockUntil } = account
    const waits = noBlockUntil === null ? {} : { noBlockUntil }
    return { id, login, name, role, ...means, ...waits, parks: seesParks === 'all' ? 'all' : await deps.sightOf(id) }
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

    /** Opens a new session and ends the one the browser had. Throttled by login and by address. */
    signIn: async (login: string, password: string, from: From): Promise<SignedIn | HalfWay> => {
      const rows = [
        { key: `login ${login}`, policy: PER_LOGIN },
        { key: `address ${from.address}`, policy: PER_ADDRESS },
      ]
      const wait = Math.max(...rows.map((row) => waitFor(failures.get(row.key), row.policy, clock.steady())))
      if (wait > 0) throw new Fault('session/throttled', undefined, { retryAfterS: Math.ceil(wait / 1000) })
      // Counted before the slow check, so that a thousand guesses at once are a thousand and not one.
      for (const row of rows) failures.add(row.key, clock.steady())
      const account = await accounts.byLogin(login)
      const known = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
      const fits = await passwordFits(password, known ?? decoy)
      if (account === undefined || known === undefined || !fits) {
        log.warn({ accountId: account?.id ?? null }, 'people.sign-in-failed')
        await tell('refused', account?.id ?? '', { login, address: from.address })
        throw new Fault('session/wrong-credentials')
      }
      failures.forget(`login ${login}`)
      // Only this try is taken back: an account of one's own must not wash away guesses at other accounts.
      failures.takeBack(`address ${from.address}`)
      return (await deps.secondFactorOf(account)) ?? open(account, from, 'not-yet')
    },

    signOut: (session: string): Promise<void> => sessions.remove(hashSecret(session)),

    /** Whether this is the caller's password; throttled like a sign-in. Faults: session/wrong-credentials, session/throttled. */
    prove: async (caller: Caller, password: string): Promise<void> => {
      const key = `login ${caller.login}`
      const wait = waitFor(failures.get(key), PER_LOGIN, clock.steady())
      if (wait > 0) throw new Fault('session/throttled', undefined, { retryAfterS: Math.ceil(wait / 1000) })
      failures.add(key, clock.steady())
      const account = await accounts.byId(caller.id)
      const known = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
      if (!(await passwordFits(password, known ?? decoy)) || known === undefined)
        throw new Fault('session/wrong-credentials')
      failures.forget(key)
    },

    now: clock.now,
    /** Faults: account/weak-password. */
    refuseWeak,
    isTaken: async (login: string): Promise<boolean> => accounts.isTaken(login),
    /** After everything that was to be proven was proven. */
    open,
    accountById: accounts.byId,

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

    /**
     * Changes role, name or parks; whoever has another role or other parks signs in again and makes new tokens. Faults:
     * account/unknown, account/last-owner.
     */
    changeAccount: async (id: string, wanted: AccountChange): Promise<Account> => {
      const account = await accounts.byId(id)
      if (account === undefined) throw new Fault('account/unknown')
      const { parks, ...rest } = wanted
      if (account.role === 'owner' && rest.role !== undefined && rest.role !== 'owner' && (await accounts.owners()) < 2)
        throw new Fault('account/last-owner')
      await accounts.change(id, rest)
      if (parks !== undefined) await deps.setSight(id, parks)
      if (rest.role !== undefined || parks !== undefined) await endAll(id)
      const changed = await accounts.byId(id)
      if (changed === undefined) throw new Fault('account/unknown')
      return changed
    },

    /** A new password for who lost the old one; everything that was signed in ends, and no block for a day. */
    recover: async (id: string, password: string): Promise<Account> => {
      const account = await accounts.byId(id)
      if (account === undefined) throw new Fault('account/unknown')
      refuseWeak(password, account.login)
      await accounts.setPassword(id, await hashPassword(password))
      await accounts.setNoBlock(id, later(clock.now(), RECOVERED_WAITS))
      await endAll(id)
      await tell('recovered', id)
      return account
    },

    /** An owner stands by a recovered account. Faults: account/unknown. */
    confirm: async (id: string): Promise<void> => {
      if ((await accounts.byId(id)) === undefined) throw new Fault('account/unknown')
      await accounts.setNoBlock(id, null)
    },

    listAccounts: (): Promise<readonly Account[]> => accounts.list(),

    createAccount: async (wanted: NewAccount): Promise<Account> => {
      refuseWeak(wanted.password, wanted.login)
      return create(wanted)
    },

    /** As an owner sees them: parks, second factors, and whether they were recovered lately. */
    describe: (known: readonly Account[]) =>
      Promise.all(
        known.map(async ({ id, login, name, role, seesParks, noBlockUntil }) => {
          const parks: ParksInSight = seesParks === 'all' ? 'all' : await deps.sightOf(id)
          const waits = noBlockUntil !== null && noBlockUntil > clock.now() ? noBlockUntil : null
          return { id, login, name, role, parks, secondFactor: await deps.waysOf(id), noBlockUntil: waits }
        }),
      ),

    /** For somebody who signs in elsewhere: nobody signs in here under this login by a password. */
    createOutside: async ({ login, name, role }: Pick<NewAccount, 'login' | 'name' | 'role'>): Promise<Account> => {
      const account = { id: world.uuid(), login, name, role, passwordHash: null, ...AT_FIRST }
      if (!(await accounts.insert(account, clock.now()))) throw new Fault('account/login-taken')
      log.info({ accountId: account.id, role }, 'people.account-created')
      return account
    },

    /** Ends every session and token of the account; nobody signs in under it again. */
    disableAccount: disable,

    /** Ends every session of the account, the current one too, and opens a new one. */
    changePassword: async (caller: Caller, current: string, next: string, from: From): Promise<SignedIn> => {
      const account = await accounts.byId(caller.id)
      const known = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
      if (account === undefined || !(await passwordFits(current, known ?? decoy)) || known === undefined)
        throw new Fault('session/wrong-credentials')
      refuseWeak(next, account.login)
      await accounts.setPassword(account.id, await hashPassword(next))
      await sessions.removeOf(account.id)
      return open(account, from, 'not-yet')
    },

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

    revokeToken: async (caller: Caller, id: string): Promise<void> => {
      if (!(await tokens.revoke(id, caller.id, clock.now()))) throw new Fault('token/unknown')
    },

    /** A fresh secret for the set-up page while the installation has no account; undefined afterwards. */
    openSetup: async (): Promise<string | undefined> => {
      if (!(await accounts.isEmpty())) return undefined
      const link = secret()
      await setups.replace(hashSecret(link), clock.now(), later(clock.now(), SETUP_LINK_LIVES))
      return link
    },

    /** Makes the first account, an owner, and signs it in. The link works once. */
    setUp: async (link: string, wanted: Omit<NewAccount, 'role'>, from: From): Promise<SignedIn> => {
      refuseWeak(wanted.password, wanted.login)
      if (!(await accounts.isEmpty()) || !(await setups.use(hashSecret(link), clock.now())))
        throw new Fault('setup/closed')
      return open(await create({ ...wanted, role: 'owner' }), from, 'not-yet')
    },

    /** Demo only: these accounts exist with these passwords, whatever the rules say about passwords. */
    ensureAccounts: async (wanted: readonly NewAccount[]): Promise<void> => {
      for (const account of wanted) {
        if ((await accounts.byLogin(account.login)) !== undefined) continue
        const made = await insert(account)
        if (made === undefined) await accounts.restore(account.login, await hashPassword(account.password))
      }
    },

    /** Outside demo mode: nobody signs in by a password that everybody knows, not even on data that was a demo once. */
    disableKnown: async (known: readonly NewAccount[]): Promise<void> => {
      for (const { login, password } of known) {
        const account = await accounts.byLogin(login)
        const hash = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
        if (account === undefined || hash === undefined || !(await passwordFits(password, hash))) continue
        await disable(account.id)
      }
    },

    forgetExpired: (): Promise<void> => sessions.removeExpired(clock.now()),
  }
}

const AT_FIRST = { seesParks: 'all' as const, noBlockUntil: null }

const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

function deriveTag(password: string, hash: Omit<PasswordHash, 'tag'>, tagLength: number): Promise<Uint8Array> {
  // The same letters may be typed in different Unicode forms on different keyboards.
  const message = Buffer.from(password.normalize('NFKC'))
  const { memoryKiB: memory, passes, lanes: parallelism, salt: nonce } = hash
  return deriveArgon2('argon2id', { message, nonce, parallelism, tagLength, memory, passes })
}

async function passwordFits(password: string, hash: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await deriveTag(password, hash, hash.tag.length), hash.tag)
}
