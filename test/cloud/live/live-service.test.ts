import { beforeEach, describe, expect, test } from 'vitest'
import { VehicleId } from '#contract/ids.ts'
import type { ParksInSight } from '../../../cloud/http/access.ts'
import { createBacklog, eventText } from '../../../cloud/live/live-message.ts'
import { createLiveService, type LiveReader, type LiveService, MOST_READERS } from '../../../cloud/live/live-service.ts'
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts'
import { silentLog } from '../../support/silent-log.ts'

const A = VehicleId.parse('0a0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21')
const B = VehicleId.parse('0b0e7b1c-8f5e-4a63-9d9a-1d1a6a3f7f21')

const ALL = { parks: 'all', veil: undefined } as const
let clock: ManualClock
let live: LiveService
let version: number
let asked: readonly string[][]
let viewsFail: boolean
beforeEach(() => {
  clock = createManualClock()
  version = 0
  asked = []
  viewsFail = false
  const views = async (ids: readonly string[]) => {
    if (viewsFail) throw new Error('the database is down')
    asked = [...asked, [...ids]]
    return ids.map((id) => ({ key: id, vehicleId: id, data: `{"id":"${id}","version":${version}}` }))
  }
  live = createLiveService({
    world: { clock, log: silentLog },
    vehicleViews: views,
    orderViews: views,
    parksOf: async () =>
      new Map([
        [A, 'north'],
        [B, 'south'],
      ]),
  })
})

function reader(settings: { full?: boolean; welcome?: boolean; parks?: ParksInSight } = {}) {
  const parks: ParksInSight = settings.parks ?? 'all'
  const state = { parks, full: settings.full ?? false, welcome: settings.welcome ?? true, ended: false, text: '' }
  const asReader: LiveReader = {
    write: (text) => {
      state.text += text
      return !state.full
    },
    sight: async () => (state.welcome ? { parks: state.parks, veil: undefined } : undefined),
    end: () => {
      state.ended = true
    },
  }
  return { state, asReader }
}
const alert = (id: string) => ({ id, vehicleId: 'v', kind: 'zone-exit', at: '2026-11-21T00:00:00Z', data: {} })

describe('the live feed', () => {
  test('tells a change at once and then at most once a second per vehicle', async () => {
    const { state, asReader } = reader()
    live.join(asReader, ALL)
    for (let step = 0; step < 20; step += 1) {
      version = step
      live.vehicleChanged(A)
      await live.round()
      await clock.advance(200)
    }
    const versions = [...state.text.matchAll(/"version":(\d+)/g)].map((match) => Number(match[1]))
    expect(versions).toEqual([0, 5, 10, 15])
  })

  test('opens a form in the browsers of the people it is for, and in no other', async () => {
    const [mine, theirs, nobodys] = [reader(), reader(), reader()]
    live.join({ ...mine.asReader, account: 'd1' }, ALL)
    live.join({ ...theirs.asReader, account: 'm1' }, ALL)
    live.join(nobodys.asReader, ALL)
    live.screen({ open: 'dispatcher_form', card: 'c1', people: ['d1', 'd2'] })
    await live.round('orders')
    expect(mine.state.text).toContain('event: screen\ndata: {"open":"dispatcher_form","card":"c1"}')
    expect(theirs.state.text + nobodys.state.text).not.toContain('screen')
  })

  test('reads nothing from the database while nobody listens', async () => {
    live.vehicleChanged(A)
    await live.round()
    live.join(reader().asReader, ALL)
    await live.round()
    expect(asked).toEqual([])
  })

  test('a slow reader gets the newest and never a queue; others are not held up', async () => {
    const slow = reader({ full: true })
    const quick = reader()
    const seat = live.join(slow.asReader, ALL)
    live.join(quick.asReader, ALL)
    for (let step = 0; step < 50; step += 1) {
      version = step
      live.vehicleChanged(A)
      live.vehicleChanged(B)
      await live.round()
      await clock.advance(1000)
    }
    expect(quick.state.text.match(/event: vehicle/g)).toHaveLength(100)
    expect(slow.state.text.match(/event: vehicle/g)).toHaveLength(2)
    slow.state.full = false
    seat?.drained()
    expect(slow.state.text.match(/event: vehicle/g)).toHaveLength(4)
    expect(slow.state.text).toContain('"version":49')
    expect(slow.state.text).not.toContain('"version":48')
  })

  test('tries a view again that could not be read', async () => {
    const { state, asReader } = reader()
    live.join(asReader, ALL)
    viewsFail = true
    live.orderChanged(A)
    await live.round()
    viewsFail = false
    await clock.advance(1000)
    await live.round()
    expect(state.text).toContain(eventText('order', `{"id":"${A}","version":0}`))
  })

  test('ends the connection of a session that ended, of a reader gone without a word, and all at the close', async () => {
    const [signedOut, gone, present] = [reader({ welcome: false }), reader({ full: true }), reader()]
    for (const { asReader } of [signedOut, gone, present]) live.join(asReader, ALL)
    live.alert(alert('1'))
    await live.round()
    await clock.advance(61_000)
    await live.heartbeat()
    expect([signedOut, gone, present].map(({ state }) => state.ended)).toEqual([true, true, false])
    live.close()
    expect(present.state.ended).toBe(true)
    expect(live.readers()).toBe(0)
  })

  test('takes no more readers than it can serve', () => {
    for (let n = 0; n < MOST_READERS; n += 1) expect(live.join(reader().asReader, ALL)).toBeDefined()
    expect(live.join(reader().asReader, ALL)).toBeUndefined()
  })
})

test('who sees one park hears of its vehicles, orders and alerts alone, and of another one after the next heartbeat', async () => {
  const { state, asReader } = reader({ parks: ['north'] })
  live.join(asReader, { parks: ['north'], veil: undefined })
  const happen = async () => {
    for (const vehicle of [A, B]) live.orderChanged(vehicle)
    for (const vehicleId of [A, B]) live.alert({ ...alert(`alert of ${vehicleId}`), vehicleId })
    await live.round()
  }
  await happen()
  expect(state.text.split('event: ').length - 1).toBe(3)
  expect(state.text).not.toContain(B)
  Object.assign(state, { parks: ['south'], text: '' })
  await live.heartbeat()
  await clock.advance(2000)
  state.text = ''
  await happen()
  expect(state.text).toContain(B)
  expect(state.text).not.toContain(A)
})

test('a role’s veil lies over vehicles, once for all who wear it, and over nothing else', async () => {
  let lifted = 0
  const over = (data: string) => {
    lifted += 1
    return data.replace('version', 'veiled')
  }
  const [one, other, bare] = [reader(), reader(), reader()]
  for (const { asReader } of [one, other]) live.join(asReader, { parks: 'all', veil: { name: 'support', over } })
  live.join(bare.asReader, ALL)
  live.orderChanged(A)
  await live.round()
  for (const { state } of [one, other]) expect(state.text).toContain(eventText('vehicle', `{"id":"${A}","veiled":0}`))
  expect(one.state.text).toContain(eventText('order', `{"id":"${A}","version":0}`))
  expect(bare.state.text).not.toContain('veiled')
  expect(lifted).toBe(1)
})

test('a backlog is bounded: of many alerts the newest stay, and vehicles are not lost for them', () => {
  const backlog = createBacklog()
  backlog.put({ event: 'vehicle', key: 'v', data: '1' })
  for (let n = 0; n < 5000; n += 1) backlog.put({ event: 'alert', key: String(n), data: '' })
  expect(backlog.size).toBe(201)
  const taken = backlog.take()
  expect(taken[0]?.key).toBe('v')
  expect(taken.at(-1)?.key).toBe('4999')
  expect(backlog.size).toBe(0)
})
