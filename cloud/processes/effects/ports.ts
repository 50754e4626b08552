import type { Facts } from '../../expressions/fact-type.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { Recipient } from '../engine/card.ts'

export type MessageWish = {
  /** The same wish again has the same key. */
  readonly key: string
  readonly message: string
  readonly text: string
  readonly to: Recipient
  /** Phone or account, where the recipient is no account of ours. */
  readonly address: string | undefined
  readonly via: readonly string[]
  readonly attach: readonly string[]
  readonly card: string | undefined
}
/** A way out that nobody has connected yet keeps its effects waiting, and says so. */
export class NotConnected extends Error {}

/** What the rest of the house does for processes. Each is idempotent by key; rejecting means "try again later". */
export type ProcessPorts = {
  /** Writes into an outbox of its own, within the transaction. */
  sendMessage?(db: Db, wish: MessageWish): Promise<void>
  /** Gives a permit within the transaction; false: nobody else keeps such permits, the cards' own table does. */
  grant?(
    db: Db,
    wish: {
      readonly permit: string
      readonly entity: string
      readonly record: string
      readonly until: number
      readonly card: string
    },
  ): Promise<boolean>
  hold?(wish: {
    readonly key: string
    readonly place: string | undefined
    readonly lift: string | undefined
    readonly holdKey: string | undefined
    readonly vehicle: string
    readonly rule: string | undefined
    readonly card: string
  }): Promise<void>
  /** A port by name: fines, papers. Undefined: the port gave no answer. */
  call?(wish: {
    readonly key: string
    readonly port: string
    readonly method: string
    readonly args: Facts
  }): Promise<Facts | undefined>
  /** Asks the telephone exchange to transfer a call or to say a text. */
  telephony?(wish: {
    readonly key: string
    readonly transfer: Recipient | undefined
    /** Printed, ready to be said. */
    readonly text: string | undefined
    /** The event of the call; `call`: its id in the log. */
    readonly call: Facts
    readonly card: string | undefined
  }): Promise<void>
  /** Opens a form in the browsers of these people, by their accounts. */
  screen?(wish: { readonly open: string; readonly card: string; readonly people: readonly string[] }): void
  /** Wakes the rules of this event; the same id decides nothing twice. */
  rules?(event: {
    readonly id: string
    readonly name: string
    readonly at: number
    readonly payload: Facts
    readonly subject: Readonly<Record<string, string>>
  }): Promise<void>
}
