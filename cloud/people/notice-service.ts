import type { Phone } from '../drivers/phone.ts'
import type { World } from '../world.ts'
import type { AccountStore } from './account-store.ts'
import { type AccountChanged, changeWords } from './notice.ts'

/** A message to a person about the own account; its key says it once. */
export type Notice = { readonly to: Phone; readonly login: string; readonly change: string; readonly key: string }

type Deps = {
  readonly world: Pick<World, 'uuid' | 'log'>
  readonly accounts: Pick<AccountStore, 'noticeOf' | 'setNoticePhone'>
  readonly send: (notice: Notice) => Promise<void>
}

export type NoticeService = ReturnType<typeof createNoticeService>

/** Tells people by another way than this page what has changed about their accounts: whoever took one over cannot keep it quiet. */
export function createNoticeService({ world, accounts, send }: Deps) {
  const say = (to: Phone, login: string, change: AccountChanged): Promise<void> =>
    send({ to, login, change: changeWords(change), key: `account:${world.uuid()}` })
  return {
    phoneOf: async (accountId: string): Promise<Phone | null> => (await accounts.noticeOf(accountId))?.phone ?? null,

    /** Never rejects: what is done is done, and who has left no number hears of nothing. */
    tell: async (accountId: string, change: AccountChanged): Promise<void> => {
      try {
        const known = await accounts.noticeOf(accountId)
        if (known?.phone != null) await say(known.phone, known.login, change)
      } catch (err) {
        world.log.error({ err, accountId, change }, 'people.not-notified')
      }
    },

    /** Another number, or none; the one of before hears of it first, and nothing changes when it cannot be written to. */
    move: async (accountId: string, phone: Phone | null): Promise<void> => {
      const known = await accounts.noticeOf(accountId)
      if (known === undefined || known.phone === phone) return
      if (known.phone !== null) await say(known.phone, known.login, 'number-left')
      await accounts.setNoticePhone(accountId, phone)
      if (phone !== null) await say(phone, known.login, 'number-set')
    },
  }
}
