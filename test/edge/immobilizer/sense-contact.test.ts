import { expect, test } from 'vitest'
import { GatewayId, OrderId, VehicleId } from '#contract/ids.ts'
import { epochMs, later, millis } from '#contract/instant.ts'
import { Order, type OrderAction, type OrderReport } from '#contract/order.ts'
import { stepImmobilizer } from '../../../edge/immobilizer/immobilizer.ts'
import { FIRST_MEMORY, type Installed, startState } from '../../../edge/immobilizer/immobilizer-state.ts'
import type { ImmobilizerEvent } from '../../../edge/immobilizer/immobilizer-step.ts'
import { observe } from '../../../edge/interlock/evidence.ts'
import { interlockPolicy } from '../../../edge/interlock/interlock-policy.ts'
import { drive, fix, ignition, reading, SOURCES } from '../../support/moments.ts'

const WALL = 1_795_000_000_000
const installed: Installed = {
  gatewayId: GatewayId.parse('gw-testtest1'),
  vehicleId: VehicleId.parse('3b9f2f5e-6f43-4f5e-8d52-0d5b5f4d2a11'),
  sources: { ...SOURCES, sense: { device: drive('free', 0).device, reading: 'sense' } },
  policy: interlockPolicy({ relayRestMs: 0 }),
  circuit: 'starter',
  sealedAt: '2026-11-01T09:00:00Z',
  software: 'test',
  boot: 'boot-1',
}

/** The contact behind the coil, as its own wire tells it. */
type Contact = 'follows' | 'stuck closed' | 'stuck open' | 'says nothing'

/** A parked car whose board obeys and reads back; the wire from the contact is read ten times a second. */
function parked() {
  let steady = 0
  let state = startState(FIRST_MEMORY, millis(0))
  let coil: 'free' | 'blocked' = 'free'
  let contact: Contact = 'follows'
  const said: string[] = []
  const reports: OrderReport[] = []
  const send = (event: ImmobilizerEvent): void => {
    const queue = [event]
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const at = { steady: millis(steady), wall: epochMs(WALL + steady), quality: 'ntp' as const }
      const stepped = stepImmobilizer(state, next, at, installed)
      state = stepped.state
      for (const effect of stepped.effects) {
        if (effect.effect === 'save') queue.push({ event: 'saved', ticket: effect.ticket })
        if (effect.effect === 'read') queue.push({ event: 'drive', ticket: effect.ticket, word: coil })
        if (effect.effect === 'write') {
          coil = effect.target
          queue.push({ event: 'written', ticket: effect.ticket })
        }
        if (effect.effect !== 'report') continue
        reports.push(effect.report)
        said.push('reason' in effect.report ? `${effect.report.state}(${effect.report.reason})` : effect.report.state)
      }
    }
  }
  const sensed = () => {
    if (contact === 'says nothing') return []
    const word = contact === 'follows' ? coil : contact === 'stuck closed' ? 'free' : 'blocked'
    return [reading('relay', 'sense', word, steady)]
  }
  const pass = (ms: number): void => {
    for (let tenth = 0; tenth < ms / 100; tenth += 1) {
      steady += 100
      const readings = [ignition(false, steady), drive(coil, steady), ...fix(steady), ...sensed()]
      send({ event: 'readings', evidence: observe(state.evidence, readings, installed.sources, installed.policy) })
      send({ event: 'tick' })
    }
  }
  let seq = 0
  send({ event: 'started' })
  pass(100_000)
  return {
    ...{ said, reports, pass },
    coil: () => coil,
    contactIs: (next: Contact) => {
      contact = next
    },
    order: (action: OrderAction): void => {
      seq += 1
      const iat = epochMs(WALL + steady)
      const order = Order.parse({
        ...{ orderId: OrderId.parse(`8d7f3c52-58a4-4f0a-9b1e-${String(seq).padStart(12, '0')}`), seq, action, iat },
        ...{ aud: installed.gatewayId, vehicleId: installed.vehicleId, reasons: ['manual'], by: 'user:test' },
        ...(action === 'block' ? { notAfter: later(iat, 15 * 60_000) } : {}),
      })
      send({ event: 'order', order })
    },
  }
}

test('a block is verified only by a reading of the contact from after the write, and the proof carries it', () => {
  const car = parked()
  car.order('block')
  // The board has read back already; the contact was last heard before the write.
  expect([car.coil(), car.said]).toEqual(['blocked', ['received', 'executing']])
  car.pass(100)
  expect(car.said).toEqual(['received', 'executing', 'verified'])
  expect(car.reports.at(-1)).toMatchObject({ relay: 'open', evidence: { drive: 'blocked', sense: 'blocked' } })
})

test.each(['stuck closed', 'says nothing'] as const)(
  'a contact that is %s: never verified, told as a fault, and the coil let go',
  (contact) => {
    const car = parked()
    car.contactIs(contact)
    car.order('block')
    car.pass(10_000)
    expect(car.said).not.toContain('verified')
    expect(car.said.at(-1)).toBe('failed(relay-fault)')
    expect(car.coil()).toBe('free')
  },
)

test('an unblock waits for no contact: a wire that lies keeps nobody from driving', () => {
  const car = parked()
  car.order('block')
  car.pass(1000)
  car.contactIs('stuck open')
  car.order('unblock')
  expect([car.coil(), car.said.at(-1)]).toEqual(['free', 'verified'])
})
