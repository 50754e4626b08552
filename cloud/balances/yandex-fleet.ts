import { z } from 'zod'
import { type BalancePage, type SourceBalance, SourceTrouble } from './balance-source.ts'

/** Page of the poll plan: four requests for 1 500 drivers. */
export const PAGE_SIZE = 500

/** Pure. The body of `POST /v1/parks/driver-profiles/list` for one page. */
export const listBody = (yandexParkId: string, offset: number, limit: number) => ({
  query: { park: { id: yandexParkId, driver_profile: { work_status: ['working'] } } },
  fields: {
    account: ['balance', 'currency'],
    driver_profile: ['id'],
    current_status: ['status'],
    car: [],
  },
  limit,
  offset,
  // The same order on every page, or a driver between two pages is seen twice or never.
  sort_order: [{ field: 'driver_profile.created_date', direction: 'asc' }],
})

/** Pure. `1050.5000` in kopecks, rounded down: a part of a kopeck is never owed to us. Undefined for anything else. */
export function kopecksFrom(amount: string): number | undefined {
  const match = /^(-?)([0-9]{1,12})(?:\.([0-9]{1,4}))?$/.exec(amount)
  if (match === null) return undefined
  const [, sign, whole = '0', part = ''] = match
  const tenThousandths = Number(whole) * 10_000 + Number(part.padEnd(4, '0'))
  return Math.floor((sign === '-' ? -tenThousandths : tenThousandths) / 100) + 0
}

const Answer = z.looseObject({ driver_profiles: z.array(z.unknown()), total: z.int().min(0) })
const Profile = z.looseObject({
  driver_profile: z.looseObject({ id: z.string().min(1).max(120) }),
  accounts: z.array(z.looseObject({ balance: z.string(), currency: z.string().optional() })).min(1),
  current_status: z.looseObject({ status: z.string().max(40) }).optional(),
})

/**
 * Pure. One answer as a page. A record that cannot be read is named and left out; an answer that is no list, or ends
 * before its own total, is a SourceTrouble.
 */
export function pageFrom(answer: unknown, offset: number): Omit<BalancePage, 'asOf'> {
  const list = Answer.safeParse(answer)
  if (!list.success) throw new SourceTrouble('unreadable', 'the answer is not a list of driver profiles')
  const { driver_profiles: records, total } = list.data
  if (records.length === 0 && offset < total)
    throw new SourceTrouble('incomplete', `no driver after ${offset} of ${total}`)
  const items: SourceBalance[] = []
  const refused: string[] = []
  for (const [index, record] of records.entries()) {
    const read = readProfile(record)
    if (typeof read === 'string') refused.push(`${offset + index}: ${read}`)
    else items.push(read)
  }
  const reached = offset + records.length
  return { items, refused, next: reached < total ? String(reached) : undefined }
}

function readProfile(record: unknown): SourceBalance | string {
  const parsed = Profile.safeParse(record)
  if (!parsed.success) return parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; ')
  const { driver_profile: profile, accounts, current_status: current } = parsed.data
  const account = accounts.find(({ currency }) => currency === undefined || currency === 'RUB')
  if (account === undefined) return 'no account in roubles'
  const kopecks = kopecksFrom(account.balance)
  if (kopecks === undefined) return `balance is not an amount`
  return { externalId: profile.id, kopecks, ...(current === undefined ? {} : { status: current.status }) }
}

/** Pure. What a status of theirs means; undefined when it is an answer. `retryAfter` is the header, in seconds or a date. */
export function troubleFrom(status: number, code: string | undefined, retryAfter: string | null, nowMs: number) {
  if (status === 200) return undefined
  const named = code === undefined ? `status ${status}` : `status ${status}, ${code}`
  if (status === 429) return new SourceTrouble('too-many-requests', named, waitFrom(retryAfter, nowMs) ?? 5000)
  if (status === 401 || status === 403) return new SourceTrouble('not-allowed', named)
  if (status >= 500) return new SourceTrouble('unavailable', named, waitFrom(retryAfter, nowMs))
  return new SourceTrouble('unreadable', named)
}

function waitFrom(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined
  if (/^\d{1,6}$/.test(header)) return Number(header) * 1000
  const until = Date.parse(header)
  return Number.isNaN(until) ? undefined : Math.max(0, until - nowMs)
}
