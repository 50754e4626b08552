import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { type Millis, millis, minutes, seconds } from '#contract/instant.ts'
import { FRESH, type KeepAlive, lostAfter, pingEvery, survived } from '../../../edge/uplink/keep-alive.ts'
import { createKeepAliveStore } from '../../../edge/uplink/keep-alive-store.ts'
import { type Link, nextMove, openedLink, packetHeard, packetSent } from '../../../edge/uplink/link-watch.ts'

const hours = (count: number): Millis => minutes(60 * count)

test('the pause that was found out is known again after a restart; nonsense is forgotten', () => {
  const db = new DatabaseSync(':memory:')
  expect(createKeepAliveStore(db).load()).toEqual(FRESH)
  createKeepAliveStore(db).save({ step: 6, limit: { step: 7, at: millis(5) } })
  expect(pingEvery(createKeepAliveStore(db).load())).toBe(minutes(20))
  createKeepAliveStore(db).save({ step: 99 })
  expect(createKeepAliveStore(db).load()).toEqual(FRESH)
})

describe('the pause between pings', () => {
  test('begins at 5 minutes and rises to 20 while every silence is survived', () => {
    const pauses: number[] = []
    let now = 0
    for (let keepAlive: KeepAlive = FRESH, round = 0; round < 6; round += 1) {
      pauses.push(pingEvery(keepAlive) / 60_000)
      now += pingEvery(keepAlive)
      keepAlive = survived(keepAlive, pingEvery(keepAlive), millis(now))
    }
    expect(pauses).toEqual([5, 7.5, 10, 15, 20, 20])
  })

  test('steps back below a silence that was not survived, and stays there for a day', () => {
    let keepAlive = lostAfter({ step: 5 }, minutes(15), millis(0))
    expect(pingEvery(keepAlive)).toBe(minutes(10))
    keepAlive = survived(keepAlive, minutes(10), hours(1))
    expect(pingEvery(keepAlive)).toBe(minutes(10))
    keepAlive = survived(keepAlive, minutes(10), hours(25))
    expect(pingEvery(keepAlive)).toBe(minutes(15))
  })

  test.each([
    { name: 'a minute is too long for this NAT: never below a minute', silence: seconds(60), expected: seconds(60) },
    { name: 'two minutes were too long', silence: seconds(150), expected: seconds(60) },
    { name: 'five minutes were too long', silence: minutes(5), expected: seconds(150) },
    { name: 'lost in the middle of talking: that was no NAT', silence: seconds(2), expected: minutes(5) },
  ])('$name', ({ silence, expected }) => {
    expect(pingEvery(lostAfter(FRESH, silence, millis(0)))).toBe(expected)
  })

  test('an answer after a short silence proves nothing about long ones', () => {
    expect(survived(FRESH, minutes(4), millis(0))).toEqual(FRESH)
  })
})

describe('one connection', () => {
  const at = (now: number): Millis => millis(now)
  const opened = openedLink(at(0))

  test('is pinged only when nothing else was sent', () => {
    const busy = packetSent(opened, 'statement', at(200_000))
    expect(nextMove(opened, minutes(5), at(300_000))).toEqual({ move: 'ping' })
    expect(nextMove(busy, minutes(5), at(300_000))).toEqual({ move: 'wait', until: 500_000 })
  })

  test('that answers nothing is asked after 30 s and given up 20 s later, with the silence before the question', () => {
    const asked = packetSent(opened, 'question', at(100_000))
    expect(nextMove(asked, minutes(5), at(129_999))).toEqual({ move: 'wait', until: 130_000 })
    expect(nextMove(asked, minutes(5), at(130_000))).toEqual({ move: 'ping' })
    const pinged = packetSent(asked, 'ping', at(130_000))
    expect(nextMove(pinged, minutes(5), at(149_999))).toEqual({ move: 'wait', until: 150_000 })
    expect(nextMove(pinged, minutes(5), at(150_000))).toEqual({ move: 'give-up', silence: 100_000 })
  })

  test('is alive with any packet, a late acknowledgement is no reason to end it', () => {
    const asked: Link = packetSent(packetSent(opened, 'question', at(100_000)), 'ping', at(130_000))
    const heard = packetHeard(asked, at(131_000))
    expect(heard.survived).toBe(100_000)
    expect(nextMove(heard.link, minutes(5), at(150_000))).toEqual({ move: 'wait', until: 430_000 })
  })
})
