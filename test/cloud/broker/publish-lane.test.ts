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
