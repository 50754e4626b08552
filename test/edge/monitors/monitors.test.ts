import { describe, expect, test } from 'vitest'
import { OrderId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import { type Monitors, QUIET, watch } from '../../../edge/monitors/monitors.ts'
import type { Raised, Sight } from '../../../edge/monitors/sight.ts'
import { awaitStart } from '../../../edge/monitors/start-attempt.ts'

/** A car second by second: what is told here is read in that second, what is left out is not read. */
type Second = {
  readonly reported?: 'free' | 'blocked' | 'unknown'
  readonly task?: 'busy' | 'idle'
  readonly drive?: 'free' | 'blocked'
  readonly sense?: 'free' | 'blocked'
  readonly ignition?: boolean
  readonly rpm?: number
  readonly volt?: number
  readonly northM?: number
  readonly speedKmh?: number
}
type Story = (s: number) => Second

function lived(story: Story, seconds: number, first: Monitors = QUIET): readonly (Raised & { readonly s: number })[] {
  let monitors = first
  let held: Omit<Sight, 'now' | 'relay'> = {}
  const told: (Raised & { readonly s: number })[] = []
  for (let s = 1; s <= seconds; s += 1) {
    const now = millis(s * 1000)
    const { reported = 'blocked', task = 'idle', drive, sense, ignition, rpm, volt, northM, speedKmh = 0 } = story(s)
    const { place: _once, ...kept } = held
    held = {
      ...kept,
      ...(drive === undefined ? {} : { drive: { word: drive, at: now } }),
      ...(sense === undefined ? {} : { sense: { word: sense, at: now } }),
      ...(ignition === undefined ? {} : { ignition: { on: ignition, at: now } }),
      ...(rpm === undefined ? {} : { rpm: { value: rpm, at: now } }),
      ...(volt === undefined ? {} : { supplyVolt: { value: volt, at: now } }),
      ...(northM === undefined ? {} : { place: { lat: 55.75 + northM / 111_195, lon: 37.62, at: now, speedKmh } }),
    }
    const stepped = watch(monitors, { now, relay: { reported, settledAt: millis(0), task }, ...held })
    monitors = stepped.state
    told.push(...stepped.raised.map((raised) => ({ ...raised, s })))
  }
  return told
}

const still = { drive: 'blocked', ignition: false, northM: 0 } as const
const names = (told: readonly Raised[]): readonly string[] => told.map(({ name }) => name)

describe('a relay that sticks', () => {
  test.each<{ name: string; story: Story; raised: readonly string[] }>([
    { name: 'agrees', story: () => ({ drive: 'blocked', sense: 'blocked' }), raised: [] },
    {
      name: 'freed, but the contact stays open',
      story: () => ({ reported: 'free', drive: 'free', sense: 'blocked' }),
      raised: ['stuck-relay'],
    },
    {
      name: 'blocked, but the contact stays closed',
      story: () => ({ drive: 'blocked', sense: 'free' }),
      raised: ['stuck-relay'],
    },
    {
      name: 'a contact a moment late',
      story: (s) => ({ drive: 'blocked', sense: s < 4 ? 'free' : 'blocked' }),
      raised: [],
    },
    { name: 'while it is being moved', story: () => ({ task: 'busy', drive: 'blocked', sense: 'free' }), raised: [] },
    { name: 'no sense contact is wired', story: () => ({ drive: 'blocked' }), raised: [] },
    { name: 'the drive itself differs: that is drift', story: () => ({ drive: 'free', sense: 'free' }), raised: [] },
    { name: 'nothing proved yet', story: () => ({ reported: 'unknown', drive: 'free', sense: 'blocked' }), raised: [] },
    {
      name: 'a sense that was last heard long ago',
      story: (s) => ({ drive: 'blocked', ...(s < 2 ? { sense: 'free' as const } : {}) }),
      raised: [],
    },
  ])('$name', ({ story, raised }) => {
    expect(names(lived(story, 30))).toEqual(raised)
  })

  test('the evidence says what was ordered and what each contact says', () => {
    const [told] = lived(() => ({ drive: 'blocked', sense: 'free' }), 30)
    expect(told?.data).toEqual({ ordered: 'blocked', drive: 'blocked', sense: 'free' })
  })
})

describe('a block that is bypassed', () => {
  const driving =
    (kmh: number): Story =>
    (s) => ({ drive: 'blocked', ignition: true, northM: (s * kmh) / 3.6, speedKmh: kmh })
  test.each<{ name: string; story: Story; raised: readonly string[] }>([
    { name: 'it stands', story: () => still, raised: [] },
    {
      name: 'the engine runs for 10 s',
      story: () => ({ ...still, ignition: true, rpm: 800 }),
      raised: ['bypass-suspected'],
    },
    {
      name: 'the engine catches for 8 s',
      story: (s) => ({ ...still, ignition: true, rpm: s < 9 ? 800 : 0 }),
      raised: [],
    },
    { name: 'it cranks in vain at 250 rpm', story: () => ({ ...still, ignition: true, rpm: 250 }), raised: [] },
    { name: 'ignition on, and no engine speed is fitted', story: () => ({ ...still, ignition: true }), raised: [] },
    {
      name: 'an engine speed heard once',
      story: (s) => ({ ...still, ignition: true, ...(s < 2 ? { rpm: 800 } : {}) }),
      raised: [],
    },
    { name: 'it drives at 30 km/h', story: driving(30), raised: ['bypass-suspected'] },
    { name: 'it is pushed at 14 km/h', story: driving(14), raised: [] },
    {
      name: '20 km/h for 9 s',
      story: (s) => ({ ...still, northM: Math.min(s, 9) * 5.6, speedKmh: s < 10 ? 20 : 0 }),
      raised: [],
    },
    {
      name: 'speed without displacement: a noisy receiver',
      story: () => ({ ...still, ignition: true, speedKmh: 30 }),
      raised: [],
    },
    {
      name: 'the same while it is free',
      story: (s) => ({ ...driving(30)(s), reported: 'free', drive: 'free' }),
      raised: [],
    },
    {
      name: 'the drive reads free: drift, not a bypass',
      story: (s) => ({ ...driving(30)(s), drive: 'free' }),
      raised: [],
    },
  ])('$name', ({ story, raised }) => {
    expect(names(lived(story, 40))).toEqual(raised)
  })

  test('driving is told once, when 100 m are behind it, with speed and distance', () => {
    const told = lived(driving(35), 300)
    expect(told).toEqual([
      {
        s: 12,
        name: 'bypass-suspected',
        data: { by: 'motion', speedKmh: 35, displacementM: expect.closeTo(107, 0), forMs: 11_000 },
      },
    ])
  })
})

describe('a blocked car that is towed', () => {
  const away =
    (kmh: number): Story =>
    (s) => ({ ...still, northM: (s * kmh) / 3.6, speedKmh: kmh })
  test.each<{ name: string; story: Story; raised: readonly string[] }>([
    { name: 'it stands', story: (s) => ({ ...still, northM: (s % 3) * 8 }), raised: [] },
    { name: 'it is drawn away at 12 km/h', story: away(12), raised: ['tow-suspected'] },
    {
      name: 'on a lorry at 60 km/h: two suspicions, and the ignition tells a person which',
      story: away(60),
      raised: ['bypass-suspected', 'tow-suspected'],
    },
    { name: 'one outlier', story: (s) => ({ ...still, northM: s === 20 ? 5000 : 0 }), raised: [] },
    {
      name: '150 m to the next yard',
      story: (s) => ({ ...still, northM: Math.min(150, s * 3), speedKmh: 10 }),
      raised: [],
    },
    { name: 'with the ignition on', story: (s) => ({ ...away(12)(s), ignition: true }), raised: [] },
    { name: 'while it is free', story: (s) => ({ ...away(12)(s), reported: 'free', drive: 'free' }), raised: [] },
    { name: 'no ignition is known', story: (s) => ({ drive: 'blocked', northM: s * 4, speedKmh: 12 }), raised: [] },
  ])('$name', ({ story, raised }) => {
    expect(names(lived(story, 120))).toEqual(raised)
  })
})

describe('supply and bus', () => {
  test.each<{ name: string; story: Story; raised: readonly string[] }>([
    { name: 'all well', story: () => ({ ...still, volt: 12.6 }), raised: [] },
    { name: 'the supply is cut', story: (s) => ({ ...still, volt: s < 10 ? 12.6 : 0.2 }), raised: ['power-cut'] },
    { name: 'cranking', story: (s) => ({ ...still, volt: s === 10 ? 4.8 : 12.6 }), raised: [] },
    { name: 'a weak battery', story: (s) => ({ ...still, volt: 12 - s / 10 }), raised: [] },
    { name: 'never seen with a supply', story: () => ({ ...still, volt: 0 }), raised: [] },
    {
      name: 'the voltage is no longer read',
      story: (s) => ({ ...still, ...(s < 10 ? { volt: 12.6 } : {}) }),
      raised: [],
    },
    {
      name: 'the relay unit is pulled',
      story: (s) => ({ volt: 12.6, ...(s < 10 ? still : {}) }),
      raised: ['bus-tamper'],
    },
    {
      name: 'the relay unit is silent for 8 s',
      story: (s) => ({ volt: 12.6, ...(s < 10 || s > 18 ? still : {}) }),
      raised: [],
    },
    {
      name: 'the relay unit goes with the supply',
      story: (s) => ({ volt: s < 10 ? 12.6 : 0.2, ...(s < 10 ? still : {}) }),
      raised: ['power-cut'],
    },
    { name: 'no relay was ever heard', story: () => ({ volt: 12.6 }), raised: [] },
  ])('$name', ({ story, raised }) => {
    expect(names(lived(story, 60))).toEqual(raised)
  })

  test('where nothing measures the supply, the event says so', () => {
    const [told] = lived((s) => (s < 10 ? still : {}), 60)
    expect(told).toMatchObject({ name: 'bus-tamper', data: { supply: 'unknown', silentMs: 11_000 } })
  })

  test('a unit that flickers is told of once a minute', () => {
    const told = lived((s) => ({ volt: 12.6, ...(s % 15 < 3 ? still : {}) }), 600)
    expect(told.length).toBeGreaterThan(3)
    expect(told.length).toBeLessThanOrEqual(10)
  })
})

describe('the start attempt after a verified order', () => {
  const orderId = OrderId.parse('8d7f3c52-58a4-4f0a-9b1e-000000000001')
  const blocked: Monitors = { ...QUIET, start: awaitStart({ orderId, orderSeq: 7, action: 'block' }) }
  const key = (s: number, from: number, to: number): boolean => s >= from && s < to
  test.each<{ name: string; story: Story; outcome: string | undefined }>([
    { name: 'nobody tries', story: () => still, outcome: undefined },
    {
      name: 'the key is turned, the engine is silent',
      story: (s) => ({ ...still, ignition: key(s, 20, 24), rpm: 0 }),
      outcome: 'not-running',
    },
    {
      name: 'the key is turned, no engine speed is fitted',
      story: (s) => ({ ...still, ignition: key(s, 20, 24) }),
      outcome: 'unknown',
    },
    {
      name: 'the engine runs',
      story: (s) => ({ ...still, ignition: s >= 20, rpm: s >= 22 ? 900 : 0 }),
      outcome: 'running',
    },
    {
      name: 'it drives off',
      story: (s) => ({ ...still, ignition: s >= 20, northM: s, speedKmh: s > 24 ? 20 : 0 }),
      outcome: 'running',
    },
    { name: 'the ignition was on all along', story: () => ({ ...still, ignition: true, rpm: 0 }), outcome: undefined },
  ])('$name', ({ story, outcome }) => {
    const told = lived(story, 60, blocked).filter(({ name }) => name === 'start-attempt')
    expect(told.map(({ data }) => data['outcome'])).toEqual(outcome === undefined ? [] : [outcome])
    if (outcome !== undefined) expect(told[0]?.data).toMatchObject({ orderId, orderSeq: 7, action: 'block' })
  })

  test('only the next one follows the order', () => {
    const told = lived((s) => ({ ...still, ignition: s % 30 > 25, rpm: 0 }), 300, blocked)
    expect(names(told)).toEqual(['start-attempt'])
  })
})
