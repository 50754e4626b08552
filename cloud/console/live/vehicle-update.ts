import type { Order, Vehicle } from '../api/vehicle.ts'

/** Pure. The newer of two answers about the last known data: requests and the feed may overtake each other. */
function newerKnown(a: Vehicle['lastKnown'], b: Vehicle['lastKnown']): Vehicle['lastKnown'] {
  if (a === null || b === null) return a ?? b
  return Date.parse(a.readAt) > Date.parse(b.readAt) ? a : b
}

/** Pure. An order keeps the steps already read when the feed's short form says nothing about them. */
function keepSteps(before: Order | null, now: Order | null): Order | null {
  if (before === null || now === null || before.id !== now.id || now.steps !== undefined) return now
  return before.steps === undefined ? now : { ...now, steps: before.steps }
}

/** Pure. What is shown of a vehicle after the feed said something about it. */
export function applyVehicle(before: Vehicle, said: Vehicle): Vehicle {
  const order = keepSteps(before.immobilizer.order, said.immobilizer.order)
  return {
    ...before,
    ...said,
    lastKnown: newerKnown(before.lastKnown, said.lastKnown),
    immobilizer: { ...said.immobilizer, order },
  }
}

/** Pure. A fleet list after a batch of the feed; vehicles not seen before are added. */
export function applyToFleet(fleet: readonly Vehicle[], said: ReadonlyMap<string, Vehicle>): readonly Vehicle[] {
  const left = new Map(said)
  const updated = fleet.map((vehicle) => {
    const news = left.get(vehicle.id)
    left.delete(vehicle.id)
    return news === undefined ? vehicle : applyVehicle(vehicle, news)
  })
  return left.size === 0 ? updated : [...updated, ...left.values()]
}

/** Pure. Whether the order, holds or state differ: then the full card is read again. */
export function immobilizerDiffers(a: Vehicle, b: Vehicle): boolean {
  const facts = ({ immobilizer }: Vehicle): string =>
    [
      immobilizer.state,
      immobilizer.relay,
      immobilizer.order?.id,
      immobilizer.order?.state,
      ...immobilizer.holds.filter((hold) => hold.liftedAt === null).map((hold) => hold.id),
    ].join('|')
  return facts(a) !== facts(b)
}
