import { describe, expect, test } from 'vitest'
import { millis } from '#contract/instant.ts'
import { createPublishLane } from '../../../cloud/broker/publish-lane.ts'

function bench(width: number, depth: number) {
  const lane = createPublishLane(width, depth)
  const running: (() => void)[] = []
  const ended: string[] = []
  const put = (name: string, at = 0) =>
    lane.run(
      (done) => void running.push(() => done()),
      (error) => ended.push(error === undefined ? name : `${name}: ${error.message}`),
      millis(at),
    )
  return { lane, running, ended, put }
}
const turn = () => new Promise((done) => setImmediate(done))

describe('publish lane', () => {
  test('runs so many at once, the next when a place is free', async () => {
    const { running, ended, put } = bench(2, 10)
    for (const name of ['a', 'b', 'c']) put(name)
    expect(running).toHaveLength(2)
    running[1]?.()
    await turn()
    expect({ running: running.length, ended }).toEqual({ running: 3, ended: ['b'] })
  })

  test('who comes while a place falls free does not overtake those who wait for it', () => {
    const lane = createPublishLane(1, 10)
    const began: string[] = []
    const places: (() => void)[] = []
    const put = (name: string, then = (): void => {}) =>
      lane.run(
        (done) => {
          began.push(name)
          places.push(() => done())
        },
        then,
        millis(0),
      )
    put('a', () => put('c'))
    put('b')
    for (const place of [0, 1]) places[place]?.()
    expect(began).toEqual(['a', 'b', 'c'])
  })

  test('several that came together take as many places, and wait together for them', () => {
    const lane = createPublishLane(4, 10)
    const began: string[] = []
    const places = new Map<string, () => void>()
    const put = (name: string, weight: number) =>
      lane.run(
        (done) => {
          began.push(name)
          places.set(name, () => done())
        },
        () => {},
        millis(0),
        weight,
      )
    for (const [name, weight] of Object.entries({ three: 3, two: 2, one: 1, many: 7 })) put(name, weight)
    expect(began).toEqual(['three'])
    places.get('three')?.()
    expect(began).toEqual(['three', 'two', 'one'])
    places.get('one')?.()
    places.get('two')?.()
    // More than the width at once is let in alone.
    expect(began).toEqual(['three', 'two', 'one', 'many'])
    expect(lane.giveUpBefore(millis(1))).toBe(7)
  })

  test('the one beyond the queue is refused', () => {
    const { ended, put } = bench(1, 1)
    for (const name of ['a', 'b', 'c']) put(name)
    expect(ended).toEqual(['c: too many publishes in flight'])
  })

  test('gives up everything of a client whose oldest publish is late, once', async () => {
    const { lane, running, ended, put } = bench(1, 5)
    put('a', 0)
    put('b', 90)
    expect(lane.giveUpBefore(millis(0))).toBe(0)
    expect(lane.giveUpBefore(millis(50))).toBe(2)
    running[0]?.()
    await turn()
    expect(ended).toEqual(['a: not durable in time', 'b: not durable in time'])
  })

  test('a failure goes to its own publish', async () => {
    const lane = createPublishLane(2, 2)
    const ended: unknown[] = []
    lane.run(
      (done) => done(new Error('disk')),
      (error) => ended.push(error?.message),
      millis(0),
    )
    await turn()
    expect(ended).toEqual(['disk'])
  })
})
