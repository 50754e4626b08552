import { expect, test } from 'vitest'
import { createTcpLine, type TcpLine } from './tcp-line.ts'

const FAR = { oneWayMs: 150, jitterMs: 0, loss: 0.05, bytesPerSecond: Number.POSITIVE_INFINITY }

/** A line on which the segments sent are lost (x) or come (-), in that order; what is sent after those comes. */
function lineWith(fates: string): TcpLine {
  const left = [...fates]
  return createTcpLine(
    () => FAR,
    () => (left.shift() === 'x' ? 0 : 0.99),
  )
}

/** When each of the segments sent at these moments has arrived. */
function arrivals(line: TcpLine, sentMs: readonly number[]): readonly number[] {
  const came: number[] = []
  const coming = [...sentMs]
  for (let now = 0; now <= 60_000; now += 1) {
    while (coming[0] !== undefined && coming[0] <= now) line.send(Buffer.from('x'), coming.shift() ?? 0)
    for (const _ of line.arrived(now)) came.push(now)
  }
  return came
}

// A round trip of 300 ms; the moments are those of Linux.
test.each([
  ['nothing lost', '-', [0], [150]],
  ['alone and lost once: after the timeout of 500 ms', 'x-', [0], [650]],
  ['lost twice: the timeout again', 'xx-', [0], [1150]],
  ['lost three times: the timeout has doubled', 'xxx-', [0], [2150]],
  ['lost four times: and doubled again', 'xxxx-', [0], [4150]],
  ['followed at once by one that comes: after a round trip and a quarter', 'x-', [0, 10], [525, 525]],
  ['followed 100 ms later: a round trip after that one', 'x-', [0, 100], [550, 550]],
  ['followed at once, and lost again: the timeout counts from the second loss', 'x-x-', [0, 10], [1025, 1025]],
  ['the same, and something followed the second: a round trip after that', 'x-x--', [0, 10, 400], [850, 850, 850]],
  ['followed by three: after a round trip, and all come with it', 'x---', [0, 1, 2, 3], [453, 453, 453, 453]],
  ['the last of two: nothing tells of it but the timeout', '-x', [0, 10], [150, 950]],
  ['a second one long after the first was repaired starts afresh', 'x-x-', [0, 2000], [650, 2650]],
])('%s', (_, fates, sent, expected) => {
  expect(arrivals(lineWith(fates), sent)).toEqual(expected)
})

test('it tells when to look again, and that nothing is underway', () => {
  const line = lineWith('x')
  expect(line.nextMs()).toBeUndefined()
  line.send(Buffer.from('x'), 0)
  expect(line.nextMs()).toBe(500)
  expect(line.arrived(500)).toEqual([])
  expect(line.nextMs()).toBe(650)
  expect(line.arrived(650)).toHaveLength(1)
  expect(line.nextMs()).toBeUndefined()
})

test('a line that gets better meanwhile brings what is still to come', () => {
  let loss = 1
  const line = createTcpLine(
    () => ({ ...FAR, loss }),
    () => 0.5,
  )
  line.send(Buffer.from('x'), 0)
  expect(line.arrived(10_000)).toEqual([])
  loss = 0
  expect(arrivals(line, []).length).toBe(1)
})
