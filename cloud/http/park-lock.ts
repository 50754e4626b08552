import type { FastifyInstance } from 'fastify'

type Shown = Readonly<Record<string, unknown>>
const isShown = (value: unknown): value is Shown => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Pure. What an answer is about: the id of the thing itself, or of each item of a list; where an item has none, the vehicle
 * or driver it stands for. What a thing merely mentions is not asked about: a car that has changed its park has a past in
 * the other one.
 */
export function subjectsOf(payload: unknown): readonly string[] {
  const items = Array.isArray(payload)
    ? payload
    : isShown(payload) && Array.isArray(payload['items'])
      ? payload['items']
      : []
  const subjects: string[] = []
  // Ten thousand items make no list each.
  for (const one of [payload, ...items]) {
    const id = isShown(one) ? (one['id'] ?? one['vehicleId'] ?? one['driverId']) : undefined
    if (typeof id === 'string') subjects.push(id)
  }
  return subjects
}

/** Those of these ids that are a vehicle, driver, lease, gateway, order or card of a park outside of these. */
export type OutOfSight = (parks: readonly string[], ids: readonly string[]) => Promise<readonly string[]>

/**
 * The second lock: whatever a route has forgotten to filter does not leave. An answer about a thing of another park is a
 * fault of ours, told as such (500) and logged; nothing of it is sent.
 */
export function lockParks(app: FastifyInstance, outOfSight: OutOfSight): void {
  app.addHook('preSerialization', async (request, _reply, payload) => {
    const { caller } = request
    if (caller === null || caller.parks === 'all') return payload
    const ids = subjectsOf(payload)
    const strangers = ids.length === 0 ? [] : await outOfSight(caller.parks, ids)
    if (strangers.length > 0)
      throw new Error(
        `${request.method} ${request.routeOptions.url} answered about another park: ${strangers.join(', ')}`,
      )
    return payload
  })
}
