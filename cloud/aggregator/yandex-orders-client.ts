import { z } from 'zod'
import { type Clock, type Millis, seconds } from '#contract/instant.ts'
import { SourceTrouble } from '../balances/balance-source.ts'
import { troubleFrom } from '../balances/yandex-fleet.ts'
import type { YandexPark } from '../balances/yandex-keys-store.ts'
import type { OrderGate } from './order-gate.ts'

const PROFILE = '/v2/parks/contractors/driver-profile'
const PATIENCE: Millis = seconds(15)

/** Whatever else they keep in a profile goes back as it came. */
const Profile = z.looseObject({
  account: z.looseObject({
    balance_limit: z.string(),
    block_orders_on_balance_below_limit: z.boolean().default(false),
  }),
})
const Problem = z.looseObject({ code: z.string().max(80) })

/** The limit of orders in a driver's profile at Yandex Fleet. A profile is written whole: read first, one field changed. */
export function createYandexOrdersClient(park: YandexPark, { clock }: { readonly clock: Clock }): OrderGate {
  const ask = async (method: 'GET' | 'PUT', externalId: string, body: object | undefined, stop: AbortSignal) => {
    const url = new URL(PROFILE, park.baseUrl)
    url.searchParams.set('contractor_profile_id', externalId)
    const response = await fetch(url, {
      method,
      headers: {
        'content-type': 'application/json',
        'accept-language': 'ru',
        'x-client-id': park.clientId,
        'x-api-key': park.apiKey,
        'x-park-id': park.yandexParkId,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
    }).catch((cause: unknown) => {
      throw new SourceTrouble('unavailable', 'no answer', undefined, cause)
    })
    const answer: unknown = await response.json().catch(() => undefined)
    const code = Problem.safeParse(answer)
    const status = response.status === 204 ? 200 : response.status
    const trouble = troubleFrom(
      status,
      code.success ? code.data.code : undefined,
      response.headers.get('retry-after'),
      clock.now(),
    )
    if (trouble !== undefined) throw trouble
    return answer
  }
  const profileOf = async (externalId: string, stop: AbortSignal) => {
    const profile = Profile.safeParse(await ask('GET', externalId, undefined, stop))
    if (!profile.success) throw new SourceTrouble('unreadable', 'the answer is not a profile')
    return profile.data
  }
  return {
    source: park.source,
    read: async (externalId, stop) => {
      const { account } = await profileOf(externalId, stop)
      return { limit: account.balance_limit, blocks: account.block_orders_on_balance_below_limit }
    },
    write: async (externalId, { limit, blocks }, stop) => {
      const profile = await profileOf(externalId, stop)
      const account = { ...profile.account, balance_limit: limit, block_orders_on_balance_below_limit: blocks }
      await ask('PUT', externalId, { ...profile, account }, stop)
    },
  }
}
