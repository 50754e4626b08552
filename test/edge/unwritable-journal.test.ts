import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, expect, test, vi } from 'vitest'
import { DeviceId } from '#contract/ids.ts'
import { createGateway } from '../../edge/app.ts'
import { createEdgeRig, type EdgeRig, GATEWAY } from '../support/edge-rig.ts'
import { silentLog } from '../support/silent-log.ts'

let rig: EdgeRig | undefined
afterEach(async () => {
  await rig?.close()
  rig = undefined
})
const until = (condition: () => void) => vi.waitFor(condition, { timeout: 60_000, interval: 20 })

test('a gateway whose journal cannot be written executes no block, and every unblock', async () => {
  rig = await createEdgeRig({})
  const { cloud, claims, reports, coils, switches, dir } = rig
  const { gateway } = rig.start()
  await until(() => expect(gateway.status().uplink).toBe('connected'))
  const first = claims('block', 1)
  await cloud.order(GATEWAY, await cloud.sign(first))
  await until(() => expect(reports(first.orderId).at(-1)?.state).toBe('verified'))
  expect(coils()[0]).toBe(true)

  // Somebody else holds the file: every commit of the gateway's memory fails from here on.
  const thief = new DatabaseSync(join(dir, 'state.sqlite'))
  thief.exec('BEGIN IMMEDIATE')
  const free = claims('unblock', 2)
  await cloud.order(GATEWAY, await cloud.sign(free))
  await until(() => expect(coils()[0]).toBe(false))
  const again = claims('block', 3)
  await cloud.order(GATEWAY, await cloud.sign(again))
  await until(() =>
    expect(reports(again.orderId).at(-1)).toMatchObject({ state: 'refused', reason: 'journal-unwritable' }),
  )
  expect(switches).toEqual([true, false])
  thief.exec('ROLLBACK')
  thief.close()

  const last = claims('block', 4)
  await cloud.order(GATEWAY, await cloud.sign(last))
  await until(() => expect(reports(last.orderId).at(-1)?.state).toBe('verified'))
  expect(coils()[0]).toBe(true)
}, 120_000)

test('a contact that would block without power is refused before anything starts, with the way out', async () => {
  rig = await createEdgeRig({
    change: (installation) => ({
      ...installation,
      immobilizer: { device: DeviceId.parse('relay'), circuit: 'starter', contact: 'normally-open' },
    }),
  })
  const { installation, dir, clock } = rig
  const config = {
    dir,
    profilesDir: new URL('../../device-profiles', import.meta.url).pathname,
    installation,
    software: 'test',
  }
  const world = { clock, log: silentLog, uuid: () => 'x', randomBytes: (length: number) => new Uint8Array(length) }
  expect(() => createGateway(config, world)).toThrow(/normally-open contact .* wire the normally-closed contact/)
})
