import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import type { HoldReason } from '#contract/order.ts'
import type { Fact } from '../expressions/fact-type.ts'
import type { HoldService } from '../holds/hold-service.ts'
import { isCel } from '../processes/notation/value.ts'
import { holdReasonOf } from './house-facts.ts'
import type { ActionHandler, ActionWish, RuleEvent } from './ports.ts'

type HoldParts = {
  readonly holds: Pick<HoldService, 'place' | 'liftReason' | 'lastLift'>
  /** May rules order blocks now? The master switch of the governor. */
  readonly automatic: (reason: HoldReason) => Promise<'running' | 'stopped'>
}

/** The one way by which rules place and lift holds; whether an order follows is decided where orders are. */
export function holdAction({ holds, automatic }: HoldParts): ActionHandler {
  return async (wish) => {
    const { action, subject, rule } = wish
    if (action.kind !== 'hold' || subject.vehicleId === undefined)
      return { state: 'dropped', note: 'машина неизвестна' }
    const { vehicleId } = subject
    const reason = holdReasonOf(action.place ?? action.lift ?? '')
    if (reason === undefined) return { state: 'dropped', note: 'причина неизвестна' }
    const key = keyOf(wish)
    if (key === 'unknown') return { state: 'refused', note: 'неизвестно, чья блокировка' }
    const by = { kind: 'rule', id: rule.id, name: rule.title } as const
    const query = key === undefined ? { vehicleId, reason } : { vehicleId, reason, key }
    if (action.lift !== undefined) {
      const lifted = await holds.liftReason({ ...query, note: rule.title, by })
      return { state: 'done', note: lifted === undefined ? 'блокировки уже не было' : `снято: ${lifted.holds.length}` }
    }
    const last = await holds.lastLift(query)
    if (last?.by.kind === 'user' && last.at >= wish.since)
      return { state: 'dropped', note: `${last.by.name}: снято человеком` }
    if ((await automatic(reason)) === 'stopped')
      return { state: 'refused', note: 'автоматические блокировки остановлены' }
    if (!(await wish.still())) return { state: 'refused', note: 'условие пока не подтверждено свежими данными' }
    const evidence = {
      decision: wish.key.split(':')[0] ?? wish.key,
      subject: subject.id,
      at: Instant.encode(wish.decidedAt),
    }
    const placed = await holds.place({ ...query, note: rule.title, by, ruleVersion: String(rule.version), evidence })
    return placed.outcome === 'stands'
      ? {
          state: 'done',
          note: placed.whyNot === null ? '' : `блокировка стоит, команда пока невозможна: ${placed.whyNot}`,
        }
      : { state: 'refused', note: String(placed.whyNot) }
  }
}

function keyOf({ action, values }: ActionWish): string | undefined | 'unknown' {
  const key = action.kind === 'hold' ? action.key : undefined
  if (key === undefined) return undefined
  const value: Fact = isCel(key) ? values[key.cel] : typeof key.literal === 'string' ? key.literal : undefined
  return typeof value === 'string' && value !== '' && value !== 'unknown' ? value : 'unknown'
}

/** Raises an event about the same vehicle and driver; the same effect again is the same event. */
export function emitAction(emit: (event: RuleEvent) => Promise<void>): ActionHandler {
  return async ({ action, key, subject, decidedAt }) => {
    if (action.kind !== 'emit') return { state: 'dropped', note: '' }
    await emit({
      id: key,
      name: action.event.name,
      at: decidedAt,
      payload: {},
      about: { vehicleId: subject.vehicleId, driverId: subject.driverId, subject: subject.id },
    })
    return { state: 'done', note: '' }
  }
}

/** An event as it waits in the queue. */
export const QueuedEvent = z.strictObject({
  id: z.string().min(1),
  name: z.string().min(1),
  at: z.int(),
  payload: z.record(z.string(), z.json()),
  about: z.strictObject({
    vehicleId: z.string().optional(),
    driverId: z.string().optional(),
    subject: z.string().optional(),
  }),
})
