import { EventEmitter } from 'node:events'
import type { Packet } from 'mqtt'
import { expect, test } from 'vitest'
import { createLossProbe } from '../../../edge/uplink/loss-probe.ts'
import { createManualClock } from '../../support/manual-clock.ts'

function line() {
  const events = new EventEmitter()
  const clock = createManualClock()
  const began = clock.steady()
  const pings: number[] = []
  const client = {
    on: (event: 'packetsend', heard: (packet: Packet) => void) => events.on(event, heard),
    sendPing: () => {
      pings.push(clock.steady() - began)
      events.emit('packetsend', { cmd: 'pingreq' })
    },
  }
  const ended = new AbortController()
  return {
    clock,
    pings,
    ended,
    probe: createLossProbe(client, clock, ended.signal),
    send: (cmd: string) => events.emit('packetsend', { cmd }),
  }
}

test('pings follow the answer to an order', async () => {
  const { clock, pings, probe, send } = line()
  probe.awaited()
  send('puback')
  send('publish')
  await clock.advance(1000)
  expect(pings).toEqual([2, 4, 6, 320])
})

test('what is said next has its own, and nothing is pinged twice', async () => {
  const { clock, pings, probe, send } = line()
  probe.awaited()
  send('publish')
  await clock.advance(100)
  send('publish')
  await clock.advance(1000)
  expect(pings).toEqual([2, 4, 6, 102, 104, 106, 420])
})

test('what nobody waits for is followed by nothing, and so is the end of a connection', async () => {
  const { clock, pings, ended, probe, send } = line()
  send('publish')
  probe.awaited()
  await clock.advance(10_000)
  send('publish')
  await clock.advance(1000)
  expect(pings).toEqual([])
  probe.awaited()
  send('publish')
  await clock.advance(3)
  ended.abort()
  await clock.advance(1000)
  expect(pings).toHaveLength(1)
})
