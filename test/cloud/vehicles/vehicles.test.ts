import { afterAll, describe, expect, test, vi } from 'vitest'
import { sqlKinds, stopSqlServer } from '../../support/sql-databases.ts'
import { claimsOf, fittedVehicle, frameOf, reportOf, type VehicleHouse } from '../../support/vehicle-house.ts'
import { vehicleHouseForEach } from '../../support/vehicle-house-each.ts'

// Hours pass in steps of five seconds, each with its queries.
vi.setConfig({ testTimeout: 90_000 })
afterAll(stopSqlServer)

describe.each(sqlKinds())('a vehicle, its holds and orders on %s', (kind) => {
  let house: VehicleHouse
  vehicleHouseForEach(kind, (given) => {
    house = given.house
  })

  const vehicleJson = async (vehicle: string) => (await house.call('manager', 'GET', `/api/vehicles/${vehicle}`)).json()
  const orderJson = async (order: string) => (await house.call('manager', 'GET', `/api/orders/${order}`)).json()
  const hold = (vehicle: string, reason = 'manual', note = 'долг') =>
    house.call('manager', 'POST', `/api/vehicles/${vehicle}/holds`, { reason, note })
  const newest = () => claimsOf(house.published.at(-1)?.payload ?? '')

  test('a hold becomes a block, the vehicle’s own words become its state, the last lift an unblock', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    const at = house.clock.now()
    await house.tell(gateway, frameOf('closed', at))
    const placed = await hold(vehicle)
    expect(placed.statusCode).toBe(202)
    expect(placed.json()).toMatchObject({ hold: { reason: 'manual', note: 'долг', liftedAt: null }, whyNot: null })
    const blockId = placed.json().order.id
    expect(placed.json().order.href).toBe(`/api/orders/${blockId}`)
    await house.settle()
    expect(house.published).toHaveLength(1)
    expect(house.published[0]).toMatchObject({ topic: `kordon/v1/${gateway}/down/order`, retain: true })
    const block = newest()
    expect(block).toMatchObject({ orderId: blockId, aud: gateway, vehicleId: vehicle, action: 'block', seq: 1 })
    expect(block).toMatchObject({ reasons: ['manual'], by: 'user:manager', notAfter: block.iat + 15 * 60_000 })

    // Sent is not done.
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({
      state: 'permitted',
      relay: 'closed',
      order: { state: 'sent' },
    })
    await house.tell(gateway, reportOf(block, 'received', 'closed', at + 10_000))
    await house.tell(gateway, reportOf(block, 'waiting', 'closed', at + 11_000, 'moving'))
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({ state: 'blockWaiting', waitReason: 'moving' })
    await house.tell(
      gateway,
      reportOf(block, 'executing', 'closed', at + 12_000),
      reportOf(block, 'verified', 'open', at + 13_000),
    )
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({
      state: 'blocked',
      relay: 'open',
      waitReason: null,
    })
    const life = (await orderJson(blockId)).steps
    expect(life.map((step: { state: string }) => step.state)).toEqual([
      'created',
      'sent',
      'received',
      'waiting',
      'executing',
      'verified',
    ])
    expect(life[3]).toMatchObject({ reason: 'moving', evidence: { speedKmh: 0 }, relay: 'closed' })

    const lifted = await house.call('manager', 'DELETE', `/api/vehicles/${vehicle}/holds/${placed.json().hold.id}`, {
      note: 'оплатил',
    })
    expect(lifted.statusCode).toBe(202)
    expect(lifted.json()).toMatchObject({ hold: { liftNote: 'оплатил', liftedBy: { name: 'manager' } }, remaining: [] })
    await house.settle()
    const unblock = newest()
    expect(unblock).toMatchObject({ orderId: lifted.json().order.id, action: 'unblock', reasons: [], seq: 2 })
    expect('notAfter' in unblock).toBe(false)
    expect((await vehicleJson(vehicle)).immobilizer.state).toBe('blocked')
    await house.tell(gateway, reportOf(unblock, 'verified', 'closed', at + 20_000))
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({ state: 'permitted', holds: [] })
  })

  test('one of two lifted keeps the block and names the other; a second hold asks for no second order', async () => {
    const { vehicle } = await fittedVehicle(house)
    const first = (await hold(vehicle)).json()
    const second = (await hold(vehicle, 'papers', '')).json()
    expect(second.order.id).toBe(first.order.id)
    const lifted = await house.call('head', 'DELETE', `/api/vehicles/${vehicle}/holds/${first.hold.id}`)
    expect(lifted.json()).toMatchObject({ order: null, remaining: [{ id: second.hold.id, reason: 'papers' }] })
    expect((await house.call('manager', 'GET', `/api/vehicles/${vehicle}/orders`)).json().items).toHaveLength(1)
  })

  test('an unblock supersedes the block that was never heard of', async () => {
    const { vehicle } = await fittedVehicle(house)
    const placed = (await hold(vehicle)).json()
    await house.call('manager', 'DELETE', `/api/vehicles/${vehicle}/holds/${placed.hold.id}`, { note: '' })
    await house.settle()
    expect((await orderJson(placed.order.id)).state).toBe('superseded')
    expect(newest().action).toBe('unblock')
  })

  test.each([
    { name: 'a manual hold without a note', reason: 'manual', note: ' ', status: 400, code: 'request/invalid' },
    { name: 'a reason that does not exist', reason: 'mood', note: 'x', status: 400, code: 'request/invalid' },
  ])('$name is refused', async ({ reason, note, status, code }) => {
    const { vehicle } = await fittedVehicle(house)
    const answer = await hold(vehicle, reason, note)
    expect(answer.statusCode).toBe(status)
    expect(answer.json().code).toBe(code)
  })

  test('a hold is lifted once, on its own vehicle, by those who may', async () => {
    const { vehicle } = await fittedVehicle(house)
    const other = await fittedVehicle(house, 'В002ВВ77')
    const placed = (await hold(vehicle)).json().hold.id
    const lift = (role: 'manager' | 'mechanic', car: string) =>
      house.call(role, 'DELETE', `/api/vehicles/${car}/holds/${placed}`, { note: '' })
    expect((await lift('mechanic', vehicle)).json().code).toBe('access/forbidden')
    expect((await lift('manager', other.vehicle)).json().code).toBe('hold/unknown')
    expect((await lift('manager', vehicle)).statusCode).toBe(202)
    expect((await lift('manager', vehicle)).json().code).toBe('hold/already-lifted')
    expect((await hold('00000000-0000-4000-8000-000000000000')).json().code).toBe('vehicle/unknown')
  })

  test('a person’s hold on a vehicle that cannot be blocked stands and says why not; a rule’s is refused', async () => {
    const { vehicle, gateway } = await fittedVehicle(house, 'А001АА77', 'unsealed')
    const placed = (await hold(vehicle)).json()
    expect(placed).toMatchObject({ order: null, whyNot: 'not-commissioned' })
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({
      canBlock: false,
      whyNot: 'not-commissioned',
      holds: [{}],
    })
    const rule = { kind: 'rule', id: 'zone', name: 'Зона' } as const
    expect(await house.parts.holds.place({ vehicleId: vehicle, reason: 'zone', note: '', by: rule })).toEqual({
      outcome: 'refused',
      whyNot: 'not-commissioned',
    })
    await house.settle()
    expect(house.published).toEqual([])
    // Once the technician has sealed the sheet, the standing hold takes effect by itself.
    await house.call('technician', 'POST', `/api/gateways/${gateway}/commissioning`, { note: 'ok' })
    await house.settle()
    expect(newest()).toMatchObject({ action: 'block', reasons: ['manual'], by: 'user:manager' })
    expect((await vehicleJson(vehicle)).immobilizer.holds[0].orderId).toBe(newest().orderId)
  })

  test('a rule’s reason stands once, however often it is said, and the rule takes it back itself', async () => {
    const { vehicle } = await fittedVehicle(house)
    const by = { kind: 'rule', id: 'zone', name: 'Зона' } as const
    const wish = { vehicleId: vehicle, reason: 'zone', note: 'выезд', by } as const
    const first = await house.parts.holds.place(wish)
    const again = await house.parts.holds.place(wish)
    expect(first.outcome === 'stands' && again.outcome === 'stands' && first.hold.id === again.hold.id).toBe(true)
    expect((await house.parts.holds.liftReason(wish))?.remaining).toEqual([])
    expect(await house.parts.holds.liftReason(wish)).toBeUndefined()
  })

  test('a block that expires is asked for anew while its hold stands', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    const first = (await hold(vehicle)).json().order.id
    await house.settle()
    await house.tell(gateway, reportOf(newest(), 'waiting', 'closed', house.clock.now(), 'ignition-on'))
    await house.clock.advance(15 * 60_000)
    await house.settle()
    expect((await orderJson(first)).state).toBe('expired')
    expect(newest()).toMatchObject({ action: 'block', seq: 2, by: 'user:manager' })
    expect(newest().orderId).not.toBe(first)
  })

  test('a vehicle that is away gets no order after order: one, and a fresh one when it is back', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    await house.parts.fleet.onStatus(gateway, { v: 1, online: false, at: house.clock.now(), software: '0.1.0' })
    await hold(vehicle)
    await house.settle()
    for (let hour = 0; hour < 3; hour += 1) {
      await house.clock.advance(3_600_000)
      await house.settle()
    }
    expect((await house.call('manager', 'GET', `/api/vehicles/${vehicle}/orders`)).json().items).toHaveLength(1)
    await house.parts.fleet.onStatus(gateway, { v: 1, online: true, at: house.clock.now(), software: '0.1.0' })
    house.parts.gatewayConnected(gateway)
    await house.settle()
    expect(newest()).toMatchObject({ action: 'block', seq: 2 })
    expect(newest().iat).toBeGreaterThan(house.clock.now() - 60_000)
  })

  test('a failed block is tried again ten minutes later, not sooner', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    await hold(vehicle)
    await house.settle()
    await house.tell(gateway, reportOf(newest(), 'failed', 'closed', house.clock.now(), 'relay-fault'))
    await house.clock.advance(9 * 60_000)
    await house.settle()
    expect(newest().seq).toBe(1)
    await house.clock.advance(60_000)
    await house.settle()
    expect(newest()).toMatchObject({ seq: 2, action: 'block' })
  })

  test('reports that come twice, late and out of order end where the vehicle ended', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    const id = (await hold(vehicle)).json().order.id
    await house.settle()
    const at = house.clock.now()
    await house.clock.advance(4000)
    const told = await house.tell(
      gateway,
      reportOf(newest(), 'verified', 'open', at + 3000),
      reportOf(newest(), 'waiting', 'closed', at + 1000, 'moving'),
      reportOf(newest(), 'received', 'closed', at),
    )
    await house.give(told)
    expect(await orderJson(id)).toMatchObject({ state: 'verified' })
    expect((await orderJson(id)).steps).toHaveLength(5)
    expect((await vehicleJson(vehicle)).immobilizer).toMatchObject({ state: 'blocked', relay: 'open' })
  })

  test('another gateway’s report about this order is not believed', async () => {
    const { vehicle } = await fittedVehicle(house)
    const stranger = await fittedVehicle(house, 'В002ВВ77')
    const id = (await hold(vehicle)).json().order.id
    await house.settle()
    await house.tell(stranger.gateway, reportOf(newest(), 'verified', 'open', house.clock.now()))
    expect((await orderJson(id)).state).toBe('sent')
    expect((await vehicleJson(vehicle)).immobilizer.state).toBe('unknown')
  })

  test('backfilled frames never change the state, live ones do, older ones do not', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    const at = house.clock.now()
    const state = async () => (await vehicleJson(vehicle)).immobilizer.state
    await house.tell(gateway, frameOf('open', at, { backfill: true }))
    expect(await state()).toBe('unknown')
    await house.tell(gateway, frameOf('closed', at + 1000))
    expect(await state()).toBe('permitted')
    await house.tell(gateway, frameOf('open', at - 60_000))
    expect(await state()).toBe('permitted')
  })

  test('a relay that moves without an order is an event, and a block is asked for again in due time', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    await hold(vehicle)
    await house.settle()
    await house.tell(gateway, reportOf(newest(), 'verified', 'open', house.clock.now()))
    await house.clock.advance(60_000)
    await house.tell(gateway, frameOf('closed', house.clock.now()))
    await house.settle()
    const items = (await house.call('manager', 'GET', `/api/vehicles/${vehicle}/timeline`)).json().items
    expect(items).toContainEqual(
      expect.objectContaining({
        kind: 'event',
        title: 'drift',
        data: expect.objectContaining({ data: { said: 'open', read: 'closed' } }),
      }),
    )
    expect(newest().seq).toBe(1)
    await house.clock.advance(10 * 60_000)
    await house.settle()
    expect(newest()).toMatchObject({ seq: 2, action: 'block' })
  })

  test('an order is sent only after the broker took it, and again at each connect until the gateway answers', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    house.brokerDown = true
    const id = (await hold(vehicle)).json().order.id
    await house.settle()
    expect((await orderJson(id)).state).toBe('created')
    house.brokerDown = false
    await house.settle()
    expect((await orderJson(id)).state).toBe('sent')
    expect(house.published).toHaveLength(1)
    house.parts.gatewayConnected(gateway)
    await house.settle()
    expect(house.published).toHaveLength(2)
    expect(house.published[1]).toEqual(house.published[0])
  })

  test('the timeline tells everything once, newest first, page by page', async () => {
    const { vehicle, gateway } = await fittedVehicle(house)
    await house.parts.fleet.onStatus(gateway, { v: 1, online: true, at: house.clock.now(), software: '0.1.0' })
    await house.clock.advance(1000)
    const placed = (await hold(vehicle)).json()
    await house.settle()
    const told = await house.tell(gateway, {
      kind: 'event',
      name: 'power-cut',
      at: house.clock.now(),
      data: { volt: 3 },
    })
    await house.give(told)
    await house.clock.advance(1000)
    await house.call('manager', 'DELETE', `/api/vehicles/${vehicle}/holds/${placed.hold.id}`, { note: '' })
    await house.settle()
    const titles: string[] = []
    let cursor: string | null = null
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`
      const page = (await house.call('manager', 'GET', `/api/vehicles/${vehicle}/timeline?limit=2${query}`)).json()
      expect(page.items.length).toBeLessThanOrEqual(2)
      titles.push(...page.items.map((item: { kind: string; title: string }) => `${item.kind} ${item.title}`))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect([...titles].sort()).toEqual(
      [
        'status online',
        'hold placed',
        'order created',
        'order sent',
        'event power-cut',
        'hold lifted',
        'order superseded',
        'order created',
        'order sent',
      ].sort(),
    )
    expect(titles.at(-1)).toBe('status online')
    const bad = await house.call('manager', 'GET', `/api/vehicles/${vehicle}/timeline?cursor=nonsense`)
    expect(bad.json().code).toBe('list/bad-cursor')
  })

  test('vehicles are listed by plate, filtered and paged', async () => {
    for (const plate of ['С003СС77', 'А001АА77', 'В002ВВ77'])
      await house.call('technician', 'POST', '/api/vehicles', {
        plate,
        model: plate === 'А001АА77' ? 'Chery' : 'Haval',
      })
    const plates = async (query: string) => {
      const page = (await house.call('dispatcher', 'GET', `/api/vehicles?${query}`)).json()
      return { plates: page.items.map((item: { plate: string }) => item.plate), next: page.nextCursor }
    }
    const first = await plates('limit=2')
    expect(first.plates).toEqual(['А001АА77', 'В002ВВ77'])
    expect(await plates(`limit=2&cursor=${first.next}`)).toEqual({ plates: ['С003СС77'], next: null })
    expect((await plates('q=haval')).plates).toEqual(['В002ВВ77', 'С003СС77'])
    expect((await plates('q=%25')).plates).toEqual([])
    const twice = await house.call('technician', 'POST', '/api/vehicles', { plate: 'А001АА77', model: 'Chery' })
    expect(twice.json()).toMatchObject({ status: 409, code: 'vehicle/plate-taken' })
    expect((await house.call('manager', 'POST', '/api/vehicles', { plate: 'Х1', model: 'y' })).statusCode).toBe(403)
  })
})
