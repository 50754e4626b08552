import { type EpochMs, epochMs, minutes } from '#contract/instant.ts'
import { DriverId } from '../drivers/driver.ts'
import type { FactSource, PermitSource } from '../rules/house-facts.ts'
import type { MessageService } from './message-service.ts'

const WARNINGS = ['balance_warning', 'balance_promise'] as const
/** The rule that sends the first of them: while it is satisfied, a driver has been short of money without a break. */
export const WARNING_RULE = 'ladder_warn'
const SOON = minutes(60)

/** Since when each of these has been short of money; who is not, is not in it. */
export type ShortSince = (drivers: readonly DriverId[]) => Promise<ReadonlyMap<DriverId, EpochMs>>

/** The newest warning of each who is short of money now: a warning of an earlier time is no warning of this one. */
const warningsOf = async (
  messages: Pick<MessageService, 'newestOf'>,
  shortSince: ShortSince,
  ids: readonly string[],
) => {
  const since = await shortSince(ids.flatMap((id) => DriverId.safeParse(id).data ?? []))
  if (since.size === 0) return []
  const found = await messages.newestOf([...since.keys()], WARNINGS, epochMs(Math.min(...since.values())))
  return [...since].map(([id, from]) => {
    const newest = found.get(id)
    return { id, from, warning: newest !== undefined && newest.createdAt >= from ? newest : undefined }
  })
}

/** `driver.balanceWarnedAt`: when the newest warning arrived; absent while nobody knows that it has. */
export const warnedFacts =
  (messages: Pick<MessageService, 'newestOf'>, shortSince: ShortSince): FactSource =>
  async (ids) =>
    new Map(
      (await warningsOf(messages, shortSince, ids)).flatMap(({ id, warning }) =>
        warning?.deliveredAt == null ? [] : [[id, { facts: { balanceWarnedAt: warning.deliveredAt } }] as const],
      ),
    )

/** The permit `warning_undelivered`: for an hour there has been no warning that is known to have arrived. */
export const undelivered =
  (messages: Pick<MessageService, 'newestOf'>, shortSince: ShortSince): PermitSource =>
  async (ids, now) =>
    new Set(
      (await warningsOf(messages, shortSince, ids)).flatMap(({ id, from, warning }) => {
        if (warning?.deliveredAt != null) return []
        const isLost = warning?.state === 'failed' || warning?.state === 'no-channel'
        return isLost || now - (warning?.createdAt ?? from) >= SOON ? [id] : []
      }),
    )
