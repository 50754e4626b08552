import { type CallView, SEES_CALLS } from '../../calls/call-view.ts'
import type { Caller, RouteRoles } from '../../http/access.ts'
import { type ItemView, SEES_INBOX } from '../../inbox/item-view.ts'
import { type MessageView, SEES_MESSAGES } from '../../messages/message-view.ts'
import type { BoardStore } from '../board-store.ts'
import type { CardLog } from './card-log.ts'
import { boundOf, inOrder, type PastPlace, type PastSource, type PastView, wantedBy } from './past.ts'

type Page<Id = string> = { readonly limit: number; readonly before: readonly [number, Id] | undefined }
type Letter = ItemView & { readonly who: string | null; readonly channel: string; readonly account: string }
type FileRow = {
  readonly id: string
  readonly document: string | null
  readonly name: string
  readonly addedAt: number
  readonly addedBy: string
}

/** What stands about a card elsewhere in the house, newest first; each page after a moment and an id. */
export type Beside = {
  calls(caller: Caller, card: string, page: Page): Promise<readonly CallView[]>
  messages(card: string, page: Page): Promise<readonly MessageView[]>
  letters(caller: Caller, card: string, page: Page): Promise<readonly Letter[]>
}
type LogRow = Awaited<ReturnType<BoardStore['past']>>[number]
export type PastLine = { readonly at: number; readonly source: PastSource; readonly id: string } & {
  /** Undefined: not to be seen by the caller, or of another source. */
  readonly log?: LogRow | undefined
  readonly call?: CallView
  readonly message?: MessageView
  readonly letter?: Letter
  readonly file?: FileRow
}

type Deps = {
  readonly log: Pick<CardLog, 'seen'>
  readonly boards: Pick<BoardStore, 'past'>
  readonly beside: Beside | undefined
  /** Files of a card that the caller may open. */
  readonly filesOf: (caller: Caller, card: string) => Promise<readonly FileRow[]>
}
const NO_UUID_AFTER = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const BY_UUID = { read: (id: string) => id, last: NO_UUID_AFTER }
const BY_NUMBER = { read: Number, last: 0 }
const among = (roles: RouteRoles, { role }: Caller): boolean => roles !== 'public' && roles.includes(role)

/** Everything about a card in one list: what happened to it, calls with their recordings, messages, letters, files. */
export function createCardPast({ log, boards, beside, filesOf }: Deps) {
  return {
    /** Newest first; a page may be shorter than asked while `next` is there. Faults: card/unknown. */
    past: async (
      caller: Caller,
      id: string,
      {
        view,
        limit,
        place,
      }: { readonly view: PastView; readonly limit: number; readonly place: PastPlace | undefined },
    ): Promise<{ readonly lines: readonly PastLine[]; readonly next: PastPlace | undefined }> => {
      const seen = await log.seen(caller, id)
      const { sources, only, not } = wantedBy(view)
      const page = (source: PastSource): Page => ({ limit: limit + 1, before: boundOf(source, place, BY_UUID) })
      const read: Readonly<Record<PastSource, () => Promise<readonly PastLine[]>>> = {
        log: async () => {
          const rows = await boards.past(
            id,
            { limit: limit + 1, before: boundOf('log', place, BY_NUMBER) },
            { only, not },
          )
          return rows.map((row) => ({ at: row.at, source: 'log', id: String(row.id), log: seen(row) }))
        },
        call: async () =>
          beside === undefined || !among(SEES_CALLS, caller)
            ? []
            : (await beside.calls(caller, id, page('call'))).map((call) => ({
                at: call.startedAt,
                source: 'call',
                id: call.id,
                call,
              })),
        message: async () =>
          beside === undefined || !among(SEES_MESSAGES, caller)
            ? []
            : (await beside.messages(id, page('message'))).map((message) => ({
                at: message.createdAt,
                source: 'message',
                id: message.id,
                message,
              })),
        letter: async () =>
          beside === undefined || !among(SEES_INBOX, caller)
            ? []
            : (await beside.letters(caller, id, page('letter'))).map((letter) => ({
                at: letter.at,
                source: 'letter',
                id: letter.id,
                letter,
              })),
        file: async () => {
          const [at, after] = boundOf('file', place, BY_UUID) ?? [Number.MAX_SAFE_INTEGER, '']
          return (await filesOf(caller, id))
            .filter((file) => file.addedAt < at || (file.addedAt === at && file.id > after))
            .toSorted((a, b) => b.addedAt - a.addedAt || (a.id < b.id ? -1 : 1))
            .map((file) => ({ at: file.addedAt, source: 'file', id: file.id, file }))
        },
      }
      const found = inOrder((await Promise.all(sources.map((source) => read[source]()))).flat())
      const shown = found.slice(0, limit)
      const last = shown.at(-1)
      return {
        lines: shown.filter((line) => line.source !== 'log' || line.log !== undefined),
        next:
          found.length > limit && last !== undefined ? { at: last.at, source: last.source, id: last.id } : undefined,
      }
    },
  }
}
