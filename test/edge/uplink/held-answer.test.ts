import { EventEmitter } from 'node:events'
import { Writable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import type { Packet } from 'mqtt'
import { expect, test } from 'vitest'
import { holdForAnswer } from '../../../edge/uplink/held-answer.ts'
import { createManualClock } from '../../support/manual-clock.ts'

/** A connection that notes what leaves it together. */
function connection() {
  const left: string[][] = []
  const note = (chunks: readonly unknown[]): void => void left.push(chunks.map(String))
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      note([chunk])
      done()
    },
    writev: (chunks, done) => {
      note(chunks.map(({ chunk }) => chunk))
      done()
    },
  })
  const events = new EventEmitter()
  const heard = 'packetsend'
  return {
    left,
    stream,
    on: (_event: 'packetsend', listener: (packet: Packet) => void) => events.on(heard, listener),
    off: (_event: 'packetsend', listener: (packet: Packet) => void) => events.off(heard, listener),
    listeners: () => events.listenerCount(heard),
    /** As the library does: told, then written. */
    send: (cmd: 'puback' | 'publish'): void => {
      events.emit(heard, { cmd })
      stream.write(cmd)
    },
  }
}

test('the acknowledgement of an order leaves with the answer to it', async () => {
  const [line, clock] = [connection(), createManualClock()]
  holdForAnswer(line, clock, new AbortController().signal)
  line.send('puback')
  await clock.advance(40)
  expect(line.left).toEqual([])
  line.send('publish')
  await turn()
  expect(line.left).toEqual([['puback', 'publish']])
  line.send('puback')
  expect(line.left).toHaveLength(2)
  expect(line.listeners()).toBe(0)
})

test('without an answer it leaves by itself, and a connection that ends holds nothing', async () => {
  const [line, clock, ended] = [connection(), createManualClock(), new AbortController()]
  holdForAnswer(line, clock, ended.signal)
  line.send('puback')
  await clock.advance(159)
  expect(line.left).toEqual([])
  await clock.advance(1)
  expect(line.left).toEqual([['puback']])
  holdForAnswer(line, clock, ended.signal)
  line.send('puback')
  ended.abort()
  await turn()
  expect(line.left).toHaveLength(2)
})

test('an order right behind an order: both are acknowledged with the first answer', async () => {
  const [line, clock] = [connection(), createManualClock()]
  for (let order = 0; order < 2; order += 1) {
    holdForAnswer(line, clock, new AbortController().signal)
    line.send('puback')
  }
  line.send('publish')
  await turn()
  expect(line.left).toEqual([['puback', 'puback', 'publish']])
})
