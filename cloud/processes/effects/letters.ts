import type { Facts } from '../../expressions/fact-type.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { BoardStore } from '../board-store.ts'
import type { Effect } from '../engine/card.ts'
import type { Machine } from '../engine/machine.ts'
import { printText } from '../engine/print.ts'
import type { FactStore } from '../fact-store.ts'
import type { Asked } from '../notation/catalogue.ts'
import { NotConnected, type ProcessPorts } from './ports.ts'

type Deps = {
  readonly ports: Pick<ProcessPorts, 'sendMessage'>
  readonly activeIn: (db: Db) => Promise<Machine | undefined>
  readonly boardStore: (db: Db) => Pick<BoardStore, 'brief'>
  readonly factStore: (db: Db) => Pick<FactStore, 'record'>
  /** The personal address of a client; undefined: the house has none. */
  readonly clientAddress: (db: Db, client: string) => Promise<string | undefined>
  readonly uploadAddress: (db: Db, card: string, asked: Asked) => Promise<string | undefined>
}

/** Messages of cards in words, with the link for a file where one is asked for; within the transaction. */
export function createLetters(deps: Deps) {
  const recordOf = async (tx: Db, entity: string, id: string): Promise<Facts | undefined> =>
    (await deps.boardStore(tx).brief(id))?.fields ?? deps.factStore(tx).record(entity, id)
  return async (tx: Db, key: string, card: string, effect: Extract<Effect, { kind: 'send' }>): Promise<void> => {
    if (deps.ports.sendMessage === undefined) throw new NotConnected('Сообщения не подключены')
    const machine = await deps.activeIn(tx)
    const { text = '', upload, clientPage } = machine?.definitions.messages.get(effect.message) ?? {}
    const address = upload === undefined || card === '' ? undefined : await deps.uploadAddress(tx, card, upload)
    const words = machine === undefined ? text : printText(text, effect.facts, machine.definitions)
    const { to } = effect
    const client = clientPage === true && to.kind === 'record' && to.entity === 'client' ? to.id : undefined
    const page = client === undefined ? undefined : await deps.clientAddress(tx, client)
    const record = to.kind === 'record' ? await recordOf(tx, to.entity, to.id) : undefined
    const phone = record?.['phone']
    await deps.ports.sendMessage(tx, {
      key,
      message: effect.message,
      text: [
        words,
        ...(address === undefined ? [] : [`${upload?.title}: ${address}`]),
        ...(page === undefined ? [] : [`Ваш заказ: ${page}`]),
      ].join('\n'),
      to,
      address: typeof phone === 'string' ? phone : undefined,
      via: effect.via,
      attach: effect.attach,
      card,
    })
  }
}
