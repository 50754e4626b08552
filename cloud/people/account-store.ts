import type { Kysely } from 'kysely'
import type { EpochMs } from '#contract/instant.ts'
import type { Phone } from '../drivers/phone.ts'
import type { Role } from '../http/access.ts'
import type { Tables } from '../postgres/tables.ts'
import type { Account } from './account.ts'

export type AccountStore = ReturnType<typeof createAccountStore>

const COLUMNS = ['id', 'login', 'name', 'role', 'passwordHash', 'seesParks', 'noBlockUntil'] as const

/** Table `accounts`. Disabled accounts stay for the record and are found by nobody. */
export function createAccountStore(db: Kysely<Tables>) {
  const enabled = () => db.selectFrom('accounts').select(COLUMNS).where('disabledAt', 'is', null)
  return {
    byLogin: (login: string): Promise<Account | undefined> => enabled().where('login', '=', login).executeTakeFirst(),
    byId: (id: string): Promise<Account | undefined> => enabled().where('id', '=', id).executeTakeFirst(),
    /** By anybody, disabled or not. */
    isTaken: async (login: string): Promise<boolean> =>
      (await db.selectFrom('accounts').select('id').where('login', '=', login).executeTakeFirst()) !== undefined,
    list: (): Promise<readonly Account[]> => enabled().orderBy('login').execute(),
    /** Whether nobody can sign in. */
    isEmpty: async (): Promise<boolean> => (await enabled().limit(1).executeTakeFirst()) === undefined,
    /** Resolves to false when the login is taken. */
    insert: async (account: Account, createdAt: EpochMs): Promise<boolean> => {
      const written = await db
        .insertInto('accounts')
        .values({ ...account, createdAt, disabledAt: null })
        .onConflict((conflict) => conflict.doNothing())
        .returning('id')
        .executeTakeFirst()
      return written !== undefined
    },
    /** A disabled account may be used again, with this password. */
    restore: async (login: string, passwordHash: string): Promise<void> => {
      await db.updateTable('accounts').set({ disabledAt: null, passwordHash }).where('login', '=', login).execute()
    },
    setPassword: async (id: string, passwordHash: string): Promise<void> => {
      await db.updateTable('accounts').set({ passwordHash }).where('id', '=', id).execute()
    },
    /** No block on this account's word until then; null: an owner stands by it. */
    setNoBlock: async (id: string, noBlockUntil: EpochMs | null): Promise<void> => {
      await db.updateTable('accounts').set({ noBlockUntil }).where('id', '=', id).execute()
    },
    /** Whom to tell of a change, and where; undefined for no or a closed account. */
    noticeOf: async (id: string): Promise<{ readonly login: string; readonly phone: Phone | null } | undefined> => {
      const row = await db
        .selectFrom('accounts')
        .select(['login', 'noticePhone'])
        .where('id', '=', id)
        .where('disabledAt', 'is', null)
        .executeTakeFirst()
      return row && { login: row.login, phone: row.noticePhone }
    },
    setNoticePhone: async (id: string, noticePhone: Phone | null): Promise<void> => {
      await db.updateTable('accounts').set({ noticePhone }).where('id', '=', id).execute()
    },
    change: async (id: string, wanted: { readonly role?: Role; readonly name?: string }): Promise<void> => {
      if (Object.keys(wanted).length > 0) await db.updateTable('accounts').set(wanted).where('id', '=', id).execute()
    },
    /** How many can still sign in as owners. */
    owners: async (): Promise<number> => (await enabled().where('role', '=', 'owner').execute()).length,
    disable: async (id: string, disabledAt: EpochMs): Promise<void> => {
      await db.updateTable('accounts').set({ disabledAt }).where('id', '=', id).execute()
    },
  }
}
