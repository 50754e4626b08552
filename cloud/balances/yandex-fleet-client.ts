import { z } from 'zod'
import { type Clock, type Millis, millis, seconds } from '#contract/instant.ts'
import { type BalanceSource, SourceTrouble } from './balance-source.ts'
import { listBody, PAGE_SIZE, pageFrom, troubleFrom } from './yandex-fleet.ts'
import type { YandexPark } from './yandex-keys-store.ts'

const LIST = '/v1/parks/driver-profiles/list'
const PATIENCE: Millis = seconds(15)
/** Their limits are not published; once a second has been enough for everybody. */
const BETWEEN_REQUESTS: Millis = seconds(1)
/** A page of 500 drivers takes a tenth of it. */
const LARGEST_ANSWER = 8 * 1024 * 1024

const Problem = z.looseObject({ code: z.string().max(80) })

/** Balances of one park's drivers at Yandex Fleet, a page a second. The key goes into the header and nowhere else. */
export function createYandexFleetClient(
  park: YandexPark,
  { clock, pageSize = PAGE_SIZE }: { readonly clock: Clock; readonly pageSize?: number },
): BalanceSource {
  let freeAt = clock.steady()
  const request = async (offset: number, stop: AbortSignal): Promise<Response> => {
    try {
      return await fetch(new URL(LIST, park.baseUrl), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'accept-language': 'ru',
          'x-client-id': park.clientId,
          'x-api-key': park.apiKey,
        },
        body: JSON.stringify(listBody(park.yandexParkId, offset, pageSize)),
        redirect: 'error',
        signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
      })
    } catch (cause) {
      throw new SourceTrouble('unavailable', 'no answer', undefined, cause)
    }
  }
  return {
    id: park.source,
    page: async (cursor, stop) => {
      const offset = cursor === undefined ? 0 : Number(cursor)
      if (freeAt > clock.steady()) await clock.sleep(millis(freeAt - clock.steady()), stop)
      if (stop.aborted) throw new SourceTrouble('unavailable', 'stopped')
      freeAt = millis(clock.steady() + BETWEEN_REQUESTS)
      const response = await request(offset, stop)
      const answer = await bodyOf(response)
      const code = Problem.safeParse(answer)
      const retryAfter = response.headers.get('retry-after')
      const trouble = troubleFrom(response.status, code.success ? code.data.code : undefined, retryAfter, clock.now())
      if (trouble !== undefined) throw trouble
      return { ...pageFrom(answer, offset), asOf: clock.now() }
    },
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    const bytes = await response.arrayBuffer()
    if (bytes.byteLength > LARGEST_ANSWER) throw new Error('too large')
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch (cause) {
    // An error page in HTML is told by its status; what should be an answer and is none is told here.
    if (response.ok) throw new SourceTrouble('unreadable', 'the answer is not JSON', undefined, cause)
    return undefined
  }
}
