import { VehicleId } from '#contract/ids.ts'
import { epochMs } from '#contract/instant.ts'
import { HoldReason } from '#contract/order.ts'
import { DriverId } from '../drivers/driver.ts'
import { Fine } from '../fines/fine.ts'
import type { FineService } from '../fines/fine-service.ts'
import type { HoldService } from '../holds/hold-service.ts'
import type { Messages } from '../messages/app.ts'
import type { ProcessPorts } from '../processes/effects/ports.ts'
import type { Rules } from '../rules/app.ts'
import type { World } from '../world.ts'

type Parts = {
  readonly holds: Pick<HoldService, 'place' | 'liftReason'>
  readonly fines: Pick<FineService, 'take'>
  readonly messages: Pick<Messages['service'], 'saidByPerson'>
  readonly rules: Pick<Rules, 'emit' | 'service' | 'carryOut'>
  readonly log: World['log']
}

const BY_CARD = {
  note: 'Процесс карточки',
  by: { kind: 'rule', id: 'process', name: 'Процесс карточки' },
} as const

/** Events behind which a person waits for an answer. */
const AWAITED = /^(call|message|web)\./

/** What a card's process does in the rest of the house: places and lifts holds, and tells the rules what has happened. */
export function createCardDeeds({ holds, fines, messages, rules, log }: Parts) {
  const hold: NonNullable<ProcessPorts['hold']> = async ({ place, lift, holdKey, vehicle }) => {
    const wish = {
      ...BY_CARD,
      vehicleId: VehicleId.parse(vehicle),
      reason: HoldReason.parse(place ?? lift),
      ...(holdKey === undefined ? {} : { key: holdKey }),
    }
    if (place === undefined) await holds.liftReason(wish)
    else await holds.place({ ...wish, ruleVersion: '1' })
  }

  const tellRules: NonNullable<ProcessPorts['rules']> = async ({ id, name, at, payload, subject }) => {
    const event = {
      id,
      name,
      at: epochMs(at),
      payload,
      about: {
        vehicleId: VehicleId.safeParse(subject['vehicle']).data,
        driverId: DriverId.safeParse(subject['driver']).data,
        subject: subject['card'] === undefined ? undefined : `card:${subject['card']}`,
      },
    }
    // Before the rules hear of it: told again, it is posted once.
    if (name === 'fine.found') await fines.take(Fine.parse(payload))
    if (name === 'driver.told' && event.about.driverId !== undefined) await messages.saidByPerson(event.about.driverId)
    await rules.emit(event)
    if (!AWAITED.test(name)) return
    // Decided at once. The queued one then finds it decided, or makes up for a failure.
    try {
      await rules.service.take(event)
      await rules.carryOut(new AbortController().signal)
    } catch (err) {
      log.warn({ err, event: name }, 'rule.not-at-once')
    }
  }

  return { hold, tellRules }
}
