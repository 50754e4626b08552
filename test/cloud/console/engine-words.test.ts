import { describe, expect, test } from 'vitest'
import type { Immobilizer, OrderState, Vehicle } from '../../../cloud/console/api/vehicle.ts'
import { confirmWords, holdsWords } from '../../../cloud/console/holds/hold-words.ts'
import { confirmedWords, whyNotYet } from '../../../cloud/console/vehicles/immobilizer-words.ts'
import { evidenceWords, orderStateWords } from '../../../cloud/console/vehicles/order-words.ts'
import { stateWords } from '../../../cloud/console/vehicles/vehicle-words.ts'
import { fakeFleet, orderOf } from './support/fake-fleet.ts'
import { wordsOf } from './support/words.ts'

const NOW = Date.parse('2026-11-24T11:22:00Z')
const speech = { t: wordsOf('ru'), language: 'ru', now: NOW } as const
const [moving] = fakeFleet(NOW)
if (moving === undefined) throw new Error('the fleet is empty')
const MOVING = moving
const plain = (text: string): string => text.replace(/\u00a0/g, ' ')
const iso = (ms: number): string => new Date(ms).toISOString()

const withOrder = (
  state: OrderState,
  change: Partial<Immobilizer> = {},
  action: 'block' | 'unblock' = 'block',
): Vehicle => {
  const times = { issuedAt: iso(NOW - 60_000), notAfter: action === 'block' ? iso(NOW + 900_000) : null }
  const order = orderOf(MOVING.id, { state, action, ...times }, NOW)
  return { ...MOVING, immobilizer: { ...MOVING.immobilizer, order, ...change } }
}
const silent = (vehicle: Vehicle): Vehicle =>
  vehicle.gateway === null
    ? vehicle
    : { ...vehicle, gateway: { ...vehicle.gateway, online: false, statusAt: iso(NOW - 7_200_000) } }

describe('why not yet', () => {
  test.each([
    { name: 'no order', vehicle: MOVING, words: [] },
    {
      name: 'created',
      vehicle: withOrder('created'),
      words: ['Команда на блокировку создана в 14:21, ещё не отправлена.'],
    },
    {
      name: 'sent',
      vehicle: withOrder('sent'),
      words: ['Команда на блокировку отправлена в 14:21. Машина ещё не ответила.'],
    },
    {
      name: 'waiting, moving',
      vehicle: withOrder('waiting', { state: 'blockWaiting', waitReason: 'moving' }),
      words: ['Ждём остановки. Машина в движении, последнее сообщение только что.'],
    },
    {
      name: 'waiting for a reason this console does not know',
      vehicle: withOrder('waiting', { waitReason: 'full-moon' }),
      words: ['Ждём ответа машины (full-moon).'],
    },
    {
      name: 'block, gateway silent',
      vehicle: silent(withOrder('sent')),
      words: [
        'Команда на блокировку отправлена в 14:21. Машина ещё не ответила.',
        'Машина не на связи 2 ч. Команда останется в очереди до 14:37, затем отменится.',
      ],
    },
    {
      name: 'unblock, gateway silent',
      vehicle: silent(withOrder('received', {}, 'unblock')),
      words: ['Машина не на связи 2 ч. Разблокировка ждёт связи и не истекает.'],
    },
    { name: 'verified', vehicle: withOrder('verified', { state: 'blocked' }), words: [] },
    { name: 'refused', vehicle: withOrder('refused'), words: [] },
  ])('$name', ({ vehicle, words }) => {
    expect(whyNotYet(vehicle, speech).map(plain)).toEqual(words)
  })
})

describe('what the relay confirmed', () => {
  const relayAt = iso(NOW)
  test.each([
    { state: 'blocked', relay: 'open', words: 'Заблокирован, реле подтвердило в 14:22.' },
    { state: 'permitted', relay: 'closed', words: 'Запуск разрешён, реле подтвердило в 14:22.' },
    { state: 'blockWaiting', relay: 'closed', words: 'Последнее подтверждение реле: запуск разрешён, только что.' },
    { state: 'unblockWaiting', relay: 'open', words: 'Последнее подтверждение реле: запуск запрещён, только что.' },
  ] as const)('$state with the relay $relay', ({ state, relay, words }) => {
    const vehicle = { ...MOVING, immobilizer: { ...MOVING.immobilizer, state, relay, relayAt } }
    expect(confirmedWords(vehicle, speech)).toBe(words)
  })

  test('a relay that never spoke confirms nothing', () => {
    const vehicle = {
      ...MOVING,
      immobilizer: { ...MOVING.immobilizer, state: 'unknown', relay: 'unknown', relayAt: null },
    } as const
    expect(confirmedWords(vehicle, speech)).toBe('Подтверждения реле ещё не было.')
  })

  test('an old word tells its age', () => {
    const vehicle = { ...MOVING, immobilizer: { ...MOVING.immobilizer, relayAt: iso(NOW - 7_200_000) } }
    expect(plain(stateWords(vehicle, speech))).toBe('Запуск разрешён, 2 ч назад')
    expect(stateWords(MOVING, speech)).toBe('Запуск разрешён')
  })
})

describe('asking before a block', () => {
  const known = MOVING.lastKnown
  if (known === null) throw new Error('the first car has data')
  test.each([
    {
      name: 'moving',
      vehicle: MOVING,
      words: 'Машина едет 43 км/ч. Запуск будет запрещён после остановки. Причина обязательна.',
    },
    {
      name: 'standing',
      vehicle: { ...MOVING, lastKnown: { ...known, speedKmh: 0 } },
      words: 'Машина стоит. Запуск будет запрещён, двигатель не глушится. Причина обязательна.',
    },
    {
      name: 'nothing fresh',
      vehicle: { ...MOVING, lastKnown: { ...known, readAt: iso(NOW - 3_600_000) } },
      words:
        'Нет свежих данных о движении. Запуск будет запрещён, когда машина подтвердит остановку. Причина обязательна.',
    },
    {
      name: 'no contact',
      vehicle: silent(MOVING),
      words: 'Машина не на связи 2 ч. Команда подождёт в очереди, затем отменится. Причина обязательна.',
    },
  ])('$name', ({ vehicle, words }) => {
    expect(plain(confirmWords(vehicle, speech))).toBe(words)
  })

  test('every standing hold is named with its beginning', () => {
    const held = fakeFleet(NOW)[3]
    expect(holdsWords(held?.immobilizer.holds ?? [], speech)).toBe('баланс с 13:12, вне зоны с 13:12')
  })
})

describe('orders', () => {
  test.each([
    { state: 'waiting', reason: 'moving', words: 'Ждёт остановки' },
    { state: 'waiting', reason: 'relay-resting', words: 'Ждёт' },
    { state: 'verified', reason: null, words: 'Выполнена, реле подтвердило' },
    { state: 'sent', reason: null, words: 'Отправлена' },
  ] as const)('$state ($reason) reads $words', ({ state, reason, words }) => {
    expect(orderStateWords(state, reason, speech.t)).toBe(words)
  })

  test('evidence is told in words, and what this console does not know is shown as it is', () => {
    const evidence = { speedKmh: 38, fixAgeMs: 400, ignition: true, drive: 'blocked', tyrePressure: 2.2 }
    expect(evidenceWords(evidence, speech.t, 'ru').map(plain)).toEqual([
      'скорость 38 км/ч',
      'положение 0 с назад',
      'зажигание включено',
      'привод реле: заблокировано',
      'tyrePressure: 2.2',
    ])
    expect(evidenceWords({ speedKmh: 1.44, timeQuality: 'ntp' }, speech.t, 'ru').map(plain)).toEqual([
      'скорость 1,4 км/ч',
      'время: по сети',
    ])
  })
})
