import { z } from 'zod'
import { seconds } from '#contract/instant.ts'
import type { RoistatOrder, RoistatStatus } from './roistat.ts'
import type { RoistatSettings } from './roistat-settings.ts'

export type RoistatClient = ReturnType<typeof createRoistatClient>

const PATIENCE = seconds(30)
const Answer = z.looseObject({ status: z.string().optional(), error: z.string().optional() })

/** A project of Roistat by its API of orders (help-ru.roistat.com: API, orders). The key goes into a header and nowhere else. */
export function createRoistatClient({ baseUrl, project, apiKey }: RoistatSettings) {
  const post = async (method: string, body: unknown, stop: AbortSignal): Promise<void> => {
    const response = await fetch(`${baseUrl}/project/${method}?project=${project}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'api-key': apiKey },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.any([stop, AbortSignal.timeout(PATIENCE)]),
    })
    const answer = Answer.safeParse(await response.json().catch(() => undefined)).data
    // It says 200 to what it refuses as well.
    if (!response.ok || answer?.status !== 'success')
      throw new Error(`Roistat: ${response.status} ${answer?.error ?? answer?.status ?? ''}`.trim())
  }
  return {
    /** The whole dictionary, every time. Rejects when it is not taken. */
    setStatuses: (statuses: readonly RoistatStatus[], stop: AbortSignal) => post('set-statuses', statuses, stop),
    /** New ones, and those that have changed. Rejects when they are not taken. */
    addOrders: (orders: readonly RoistatOrder[], stop: AbortSignal) => post('add-orders', orders, stop),
  }
}
