import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { createService } from '../../../edge/cli/service-client.ts'
import { createEdgeRig, type EdgeRig, GATEWAY } from '../../support/edge-rig.ts'

let rig: EdgeRig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})

const until = (condition: () => void | Promise<void>) => vi.waitFor(condition, { timeout: 45_000, interval: 20 })

async function parked() {
  const at = await createEdgeRig({ change: ({ sealed: _sealed, ...rest }) => rest })
  rig = at
  const controlSocket = join(at.dir, 'control.sock')
  const service = createService(at.dir)
  const start = async () => {
    const started = at.start({ controlSocket })
    await until(() => expect(started.gateway.status().uplink).toBe('connected'))
    await until(() => expect(started.gateway.status().lastFrame?.ignition).toBe(false))
    return started
  }
  const ask = async (step: 'block' | 'free') => (await service.ask('POST', '/relay-test', { step, by: 'Иванов' })).body
  const state = async () => (await service.ask('GET', '/relay-test')).body
  return { at, start, ask, state }
}

test('an unsealed gateway refuses the cloud’s block and does the technician’s', async () => {
  const { at, start, ask, state } = await parked()
  await start()
  const block = at.claims('block', 1)
  await at.cloud.order(GATEWAY, await at.cloud.sign(block))
  await until(() =>
    expect(at.reports(block.orderId).at(-1)).toMatchObject({ state: 'refused', reason: 'not-commissioned' }),
  )
  expect(await ask('block')).toMatchObject({ state: 'blocking' })
  await until(async () => expect(await state()).toMatchObject({ state: 'blocked' }))
  expect(at.coils()[0]).toBe(true)
  await ask('free')
  await until(async () => expect(await state()).toMatchObject({ state: 'freed' }))
  expect(at.switches).toEqual([true, false])
})

test('with the key on, a test waits like any block, and moves nothing', async () => {
  const { at, start, ask, state } = await parked()
  at.car.ignition = true
  const started = at.start({ controlSocket: join(at.dir, 'control.sock') })
  await until(() => expect(started.gateway.status().lastFrame?.ignition).toBe(true))
  await ask('block')
  await until(async () => expect(await state()).toMatchObject({ state: 'blocking', reason: 'ignition-on' }))
  const later = at.clock.steady() + 120_000
  await until(() => expect(at.clock.steady()).toBeGreaterThan(later))
  expect(at.switches).toEqual([])
  await started.stop()
  void start
})

test('a technician who walks away leaves a car that starts', async () => {
  const { at, start, ask, state } = await parked()
  await start()
  await ask('block')
  await until(async () => expect(await state()).toMatchObject({ state: 'blocked' }))
  // Five minutes of the gateway's own clock.
  await until(() => expect(at.coils()[0]).toBe(false))
  expect(at.switches).toEqual([true, false])
})

test('a service that restarts in the middle of a test frees the relay', async () => {
  const { at, start, ask, state } = await parked()
  const first = await start()
  await ask('block')
  await until(async () => expect(await state()).toMatchObject({ state: 'blocked' }))
  await first.stop()
  expect(at.coils()[0]).toBe(true)
  await start()
  await until(() => expect(at.coils()[0]).toBe(false))
})

test('an unblock of the cloud ends a test: it outranks everybody', async () => {
  const { at, start, ask, state } = await parked()
  await start()
  await ask('block')
  await until(async () => expect(await state()).toMatchObject({ state: 'blocked' }))
  const free = at.claims('unblock', 1)
  await at.cloud.order(GATEWAY, await at.cloud.sign(free))
  await until(() => expect(at.reports(free.orderId).at(-1)?.state).toBe('verified'))
  expect(at.coils()[0]).toBe(false)
  // The test took no number of the cloud's.
  expect(free).toMatchObject({ seq: 1 })
})
