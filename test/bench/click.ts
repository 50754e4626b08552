import { setTimeout as pause } from 'node:timers/promises'
import type { RestClient } from '../support/rest-client.ts'
import type { LiveOrders } from './live-orders.ts'
import type { ParkedCar } from './parked-fleet.ts'

/**
 * Milliseconds from the click until the live feed says `verified`. `proved`: the signature of both reports held.
 * `waited`: the interlock had no unbroken minute of evidence, as when this machine stood still for more than 3 s; then
 * the time says how long the rule is, not how long the way. `exchanges`: on the relay's line while the block was under way.
 */
export type Cycle = {
  readonly blockedMs: number
  readonly freedMs: number
  readonly proved: boolean
  readonly waited: boolean
  readonly exchanges: number
}

export type Desk = { readonly api: RestClient; readonly live: LiveOrders }

/**
 * One hold placed and, `restMs` after the car has proved it, lifted by REST as a console does, each timed to the cloud's own
 * word that the car has proved it.
 */
export async function clickCycle({ api, live }: Desk, car: ParkedCar, restMs: number): Promise<Cycle> {
  const holds = `/api/vehicles/${car.vehicleId}/holds`
  const before = car.exchanges()
  const clicked = performance.now()
  const placed = await api.send('POST', holds, { reason: 'manual', note: 'bench' })
  if (placed.status !== 202) throw new Error(`the hold was not taken: ${placed.status} ${JSON.stringify(placed.body)}`)
  const { steps } = await live.verified(placed.body.order.id)
  const blockedMs = performance.now() - clicked
  const exchanges = car.exchanges() - before
  if (car.coil() !== 'open') throw new Error('verified, and the coil is not open')
  await pause(restMs)
  const lifted = performance.now()
  const freed = await api.send('DELETE', `${holds}/${placed.body.hold.id}`, { note: 'bench' })
  if (freed.status !== 202) throw new Error(`the hold was not lifted: ${freed.status} ${JSON.stringify(freed.body)}`)
  await live.verified(freed.body.order.id)
  const freedMs = performance.now() - lifted
  if (car.coil() !== 'closed') throw new Error('verified, and the coil is not closed')
  const proofs = await Promise.all([placed, freed].map(({ body }) => proofOf(api, body.order.id)))
  const waited = steps.some(({ state }) => state === 'waiting')
  return { blockedMs, freedMs, waited, exchanges, proved: proofs.every((word) => word === 'verified') }
}

async function proofOf(api: RestClient, order: string): Promise<string | undefined> {
  const { body } = await api.get(`/api/orders/${order}`)
  if (body.state !== 'verified') throw new Error(`the feed said verified, the order says ${body.state}`)
  return body.steps.find((step: { state: string }) => step.state === 'verified')?.proof?.word
}
