import { argon2, createHash, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { later, type Millis, minutes } from '#contract/instant.ts'
import type { Caller, Role } from '../http/access.ts'
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

const SETUP_LINK_LIVES: Millis = minutes(24 * 60)

export type NewAccount = {
  readonly login: string
  readonly name: string
  readonly role: Role
  readonly password: string
}

/** A new session's secret, to be set as cookie, and whose it is. */
export type SignedIn = { readonly account: Account; readonly secret: string }

type Deps = {
  readonly world: World
  readonly accounts: AccountStore
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  readonly setups: SetupStore
  /** The parks listed for an account that does not see all. */
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

  const open = async (account: Account): Promise<SignedIn> => {
    const now = clock.now()
    const session = secret()
    await sessions.insert({
      tokenHash: hashSecret(session),
      accountId: account.id,
      createdAt: now,
      expiresAt: firstExpiry(now),
    })
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
      seesParks: 'all' as const,
    }
    if (!(await accounts.insert(account, clock.now()))) return undefined
    log.info({ accountId: account.id, role: account.role }, 'people.account-created')
    return account
  }

  const create = async (wanted: NewAccount): Promise<Account> => {
    const account = await insert(wanted)
    if (account === undefined) throw new Fault('account/login-taken')
    return account
  }

  const disable = async (id: string): Promise<void> => {
    await accounts.disable(id, clock.now())
    await sessions.removeOf(id)
    await tokens.revokeOf(id, clock.now())
    log.info({ accountId: id }, 'people.account-disabled')
  }

  const refuseWeak = (password: string, login: string): void => {
    const verdict = judgePassword(password, login)
    if (verdict !== 'good') throw new Fault('account/weak-password', verdict)
  }

  const callerFrom = async (account: Account, by: Caller['by']): Promise<Caller> => {
    const { id, login, name, role, seesParks } = account
    return { id, login, name, role, by, parks: seesParks === 'all' ? 'all' : await deps.sightOf(id) }
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
    return callerFrom(account, 'session')
  }

  const byToken = async (bearer: string): Promise<Caller | null> => {
    const token = await tokens.find(hashSecret(bearer))
    if (token === undefined || (token.expiresAt !== null && token.expiresAt <= clock.now())) return null
    const account = await accounts.byId(token.accountId)
    return account === undefined ? null : callerFrom(account, 'token')
  }

  return {
    /** The person behind a cookie or a token; a token, when given, counts alone. */
    findCaller: async (credentials: { session: string | undefined; bearer: string | undefined }) => {
      if (credentials.bearer !== undefined) return byToken(credentials.bearer)
      return credentials.session === undefined ? null : bySession(credentials.session)
    },

    /** Opens a new session and ends the one the browser had. Throttled by login and by address. */
    signIn: async (login: string, password: string, from: { address: string; session: string | undefined }) => {
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
        throw new Fault('session/wrong-credentials')
      }
      failures.forget(`login ${login}`)
      // Only this try is taken back: an account of one's own must not wash away guesses at other accounts.
      failures.takeBack(`address ${from.address}`)
      if (from.session !== undefined) await sessions.remove(hashSecret(from.session))
      log.info({ accountId: account.id }, 'people.signed-in')
      return open(account)
    },

    signOut: (session: string): Promise<void> => sessions.remove(hashSecret(session)),

    listAccounts: (): Promise<readonly Account[]> => accounts.list(),

    createAccount: async (wanted: NewAccount): Promise<Account> => {
      refuseWeak(wanted.password, wanted.login)
      return create(wanted)
    },

    /** Ends every session and token of the account; nobody signs in under it again. */
    disableAccount: disable,

    /** Ends every session of the account, the current one too, and opens a new one. */
    changePassword: async (caller: Caller, current: string, next: string): Promise<SignedIn> => {
      const account = await accounts.byId(caller.id)
      const known = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
      if (account === undefined || !(await passwordFits(current, known ?? decoy)) || known === undefined)
        throw new Fault('session/wrong-credentials')
      refuseWeak(next, account.login)
      await accounts.setPassword(account.id, await hashPassword(next))
      await sessions.removeOf(account.id)
      return open(account)
    },

    createToken: async (caller: Caller, name: string, expiresAt: ApiToken['expiresAt']) => {
      const token: ApiToken = { id: world.uuid(), accountId: caller.id, name, createdAt: clock.now(), expiresAt }
      const bearer = `kdn_${secret()}`
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
    setUp: async (link: string, wanted: Omit<NewAccount, 'role'>): Promise<SignedIn> => {
      refuseWeak(wanted.password, wanted.login)
      if (!(await accounts.isEmpty()) || !(await setups.use(hashSecret(link), clock.now())))
        throw new Fault('setup/closed')
      return open(await create({ ...wanted, role: 'owner' }))
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
