import { createHash } from 'node:crypto'
import { later, type Millis, minutes } from '#contract/instant.ts'
import type { FactorWay } from '../factors/factor.ts'
import type { Caller, ParksInSight, Role } from '../http/access.ts'
import { Fault } from '../http/fault.ts'
import type { World } from '../world.ts'
import type { Account } from './account.ts'
import type { AccountStore } from './account-store.ts'
import type { Argon2Client } from './argon2-client.ts'
import type { AccountChanged } from './notice.ts'
import { ARGON2_COST, decodeHash, judgePassword, type PasswordHash } from './password.ts'
import type { From, SessionService, SignedIn } from './session-service.ts'
import type { SetupStore } from './setup-store.ts'
import type { SharedFailures } from './shared-failures.ts'
import { PER_ADDRESS, PER_LOGIN } from './throttle.ts'

/** Long enough for the person whose account it was to notice. */
export const RECOVERED_WAITS: Millis = minutes(24 * 60)
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

/** The password was right; the second factor is still to be shown, within a few minutes, together with this word. */
export type HalfWay = { readonly step: string; readonly ways: readonly FactorWay[] }

type Deps = {
  readonly world: World
  readonly accounts: AccountStore
  readonly sessions: SessionService
  readonly setups: SetupStore
  readonly argon2: Argon2Client
  readonly failures: SharedFailures
  readonly waysOf: (accountId: string) => Promise<readonly FactorWay[]>
  /** Undefined for an account without a second factor. */
  readonly secondFactorOf: (account: Account) => Promise<HalfWay | undefined>
  /** Puts on record who tried to sign in, and who was recovered. */
  readonly tell: SignInWitness
  /** Tells the person of a change of the own account; never rejects. */
  readonly notify: (accountId: string, change: AccountChanged) => Promise<void>
  /** The parks listed for an account that does not see all. */
  readonly setSight: (accountId: string, parks: ParksInSight) => Promise<void>
  readonly sightOf: (accountId: string) => Promise<readonly string[]>
}

export type PeopleService = ReturnType<typeof createPeopleService>

/** Accounts, sessions, API tokens: who is calling, proven by password, cookie or token. */
export function createPeopleService(deps: Deps) {
  const { world, accounts, sessions, setups, argon2, failures, tell, notify } = deps
  const { clock, log } = world
  const secret = (): string => Buffer.from(world.randomBytes(32)).toString('base64url')
  // Unknown logins are checked against this, so that an answer takes as long as for a known one.
  const decoy: PasswordHash = { ...ARGON2_COST, salt: world.randomBytes(16), tag: world.randomBytes(32) }

  /** Undefined when the login is taken. */
  const insert = async (wanted: NewAccount): Promise<Account | undefined> => {
    const account = {
      id: world.uuid(),
      login: wanted.login,
      name: wanted.name,
      role: wanted.role,
      passwordHash: await argon2.hash(wanted.password),
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

  const disable = async (id: string): Promise<void> => {
    await notify(id, 'closed')
    await accounts.disable(id, clock.now())
    await sessions.endAllOf(id)
    log.info({ accountId: id }, 'people.account-disabled')
  }

  const refuseWeak = (password: string, login: string): void => {
    const verdict = judgePassword(password, login)
    if (verdict !== 'good') throw new Fault('account/weak-password', verdict)
  }

  /** Whether this is the caller's password; throttled like a sign-in. Faults: session/wrong-credentials, session/throttled. */
  const prove = async (caller: Caller, password: string): Promise<Account> => {
    const guess = await failures.begin([{ key: `login ${caller.login}`, policy: PER_LOGIN }])
    const account = await accounts.byId(caller.id)
    const known = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
    if (!(await argon2.fits(password, known ?? decoy)) || account === undefined || known === undefined) {
      await guess.failed()
      throw new Fault('session/wrong-credentials')
    }
    await guess.fitted()
    return account
  }

  const { endAllOf: _endAllOf, endSessionsOf: _endSessionsOf, ...entries } = sessions
  return {
    ...entries,

    /** Opens a new session and ends the one the browser had. Throttled by login and by address. */
    signIn: async (login: string, password: string, from: From): Promise<SignedIn | HalfWay> => {
      // Counted before the slow check, so that a thousand guesses at once are a thousand and not one.
      const guess = await failures.begin([
        { key: `login ${login}`, policy: PER_LOGIN },
        { key: `address ${from.address}`, policy: PER_ADDRESS },
      ])
      const account = await accounts.byLogin(login)
      const known = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
      const fits = await argon2.fits(password, known ?? decoy)
      if (account === undefined || known === undefined || !fits) {
        log.warn({ accountId: account?.id ?? null }, 'people.sign-in-failed')
        await guess.failed()
        await tell('refused', account?.id ?? '', { login, address: from.address })
        throw new Fault('session/wrong-credentials')
      }
      await guess.fitted()
      return (await deps.secondFactorOf(account)) ?? sessions.open(account, from, 'not-yet')
    },

    prove,

    now: clock.now,
    /** Faults: account/weak-password. */
    refuseWeak,
    isTaken: async (login: string): Promise<boolean> => accounts.isTaken(login),
    accountById: accounts.byId,

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
      if (rest.role !== undefined || parks !== undefined) {
        await sessions.endAllOf(id)
        await notify(id, 'rights')
      }
      const changed = await accounts.byId(id)
      if (changed === undefined) throw new Fault('account/unknown')
      return changed
    },

    /** A new password for who lost the old one; everything that was signed in ends, and no block for a day. */
    recover: async (id: string, password: string): Promise<Account> => {
      const account = await accounts.byId(id)
      if (account === undefined) throw new Fault('account/unknown')
      refuseWeak(password, account.login)
      await accounts.setPassword(id, await argon2.hash(password))
      await accounts.setNoBlock(id, later(clock.now(), RECOVERED_WAITS))
      await sessions.endAllOf(id)
      await tell('recovered', id)
      await notify(id, 'recovered')
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
      const account = await prove(caller, current)
      refuseWeak(next, account.login)
      await accounts.setPassword(account.id, await argon2.hash(next))
      await sessions.endSessionsOf(account.id)
      await notify(account.id, 'password')
      return sessions.open(account, from, 'not-yet')
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
      return sessions.open(await create({ ...wanted, role: 'owner' }), from, 'not-yet')
    },

    /** Demo only: these accounts exist with these passwords, whatever the rules say about passwords. */
    ensureAccounts: async (wanted: readonly NewAccount[]): Promise<void> => {
      for (const account of wanted) {
        if ((await accounts.byLogin(account.login)) !== undefined) continue
        const made = await insert(account)
        if (made === undefined) await accounts.restore(account.login, await argon2.hash(account.password))
      }
    },

    /** Outside demo mode: nobody signs in by a password that everybody knows, not even on data that was a demo once. */
    disableKnown: async (known: readonly NewAccount[]): Promise<void> => {
      for (const { login, password } of known) {
        const account = await accounts.byLogin(login)
        const hash = account?.passwordHash == null ? undefined : decodeHash(account.passwordHash)
        if (account === undefined || hash === undefined || !(await argon2.fits(password, hash))) continue
        await disable(account.id)
      }
    },
  }
}

/** Puts on record what happened at the door; never rejects. Without an account: nobody. */
export type SignInWitness = (
  event: string,
  accountId: string,
  data?: Readonly<Record<string, unknown>>,
) => Promise<void>

const AT_FIRST = { seesParks: 'all' as const, noBlockUntil: null }

const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')
