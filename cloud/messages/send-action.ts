import { DriverId } from '../drivers/driver.ts'
import { phoneFrom } from '../drivers/phone.ts'
import type { Db } from '../postgres/postgres-client.ts'
import type { MessageWish as ProcessWish } from '../processes/effects/ports.ts'
import type { Who } from '../processes/notation/value.ts'
import type { ActionHandler, ActionWish } from '../rules/ports.ts'
import type { Addressee, MessageService } from './message-service.ts'

type Send = (wish: Parameters<MessageService['send']>[1]) => Promise<void>

/** The action `send` of rules: a row in the outbox for each whom it concerns, once for each decision. */
export function sendAction(send: Send): ActionHandler {
  return async (wish) => {
    const { action, subject, facts, rule } = wish
    if (action.kind !== 'send') return { state: 'dropped', note: '' }
    const told = addressees(action.to, wish)
    if (told.length === 0) return { state: 'dropped', note: 'неизвестно, кому' }
    const via = action.via.length === 0 ? undefined : action.via
    const { vehicleId } = subject
    for (const [index, to] of told.entries()) {
      const key = index === 0 ? `rule ${wish.key}` : `rule ${wish.key} +${index}`
      await send({ message: action.message.name, to, facts, via, key, vehicleId, because: rule.title })
    }
    return { state: 'done', note: 'в очереди на отправку' }
  }
}

/** What is about a leased car, and not about one of its drivers, is told to all of them. */
function addressees(to: Who, { subject, facts }: ActionWish): readonly Addressee[] {
  if (to.kind === 'role' || to.kind === 'group') return [{ group: to.name }]
  if (to.kind !== 'name' || to.name !== 'driver') return []
  if (subject.driverId !== undefined) return [{ driverId: subject.driverId }]
  const deal = facts['deal']
  const drivers = typeof deal === 'object' && deal !== null && 'drivers' in deal ? deal['drivers'] : []
  return Array.isArray(drivers) ? drivers.flatMap((id) => asDriver(id)) : []
}

const asDriver = (id: unknown): readonly Addressee[] => {
  const driverId = DriverId.safeParse(id).data
  return driverId === undefined ? [] : [{ driverId }]
}

/** Ids of files of a card by what they are called in the wish; absent: it is not there. */
export type Attached = (db: Db, card: string, names: readonly string[]) => Promise<ReadonlyMap<string, string>>

/** A message of a process: its text is the process's own. */
export const processMessage =
  (send: MessageService['send'], attached: Attached) =>
  async (db: Db, wish: ProcessWish): Promise<void> => {
    const { key, message, text, to, address, via, card, attach } = wish
    const phone = address === undefined ? undefined : phoneFrom(address)
    const driverId = to.kind === 'record' && to.entity === 'driver' ? DriverId.safeParse(to.id).data : undefined
    const known: Addressee | undefined =
      driverId !== undefined
        ? { driverId }
        : phone !== undefined
          ? { phone }
          : to.kind === 'record'
            ? undefined
            : { group: to.id }
    if (known === undefined) throw new Error(`no way to write to ${to.kind} ${to.id}`)
    const order = via.length === 0 ? undefined : via
    const files = await attached(db, card ?? '', attach)
    // It may be in the making: the letter waits for it, and is no letter without it.
    const missing = attach.filter((name) => !files.has(name))
    if (missing.length > 0) throw new Error(`к письму нет файла: ${missing.join(', ')}`)
    await send(db, {
      message,
      text,
      to: known,
      facts: {},
      via: order,
      key: `card ${key}`,
      because: card,
      attach: [...files.values()],
    })
  }
