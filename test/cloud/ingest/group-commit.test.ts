import { expect, test } from 'vitest'
import { millis } from '#contract/instant.ts'
import { createGroupCommit } from '../../../cloud/ingest/group-commit.ts'
import { createManualClock } from '../../support/manual-clock.ts'

test('who sends more than the journal may gather waits outside, in order, and is not refused', () => {
  const groups: number[][] = []
  const turns: (() => void)[] = []
  const commits = createGroupCommit<number, number>({
    commit: (entries) => {
      groups.push([...entries])
      return entries
    },
    flushed: () => {},
    soon: (run) => void turns.push(run),
    clock: createManualClock(),
  })
  const settled: number[] = []
  const fail = (cause: unknown): never => {
    throw cause
  }
  for (let index = 0; index < 9; index += 1) commits.add(index, 60_000, (one) => void settled.push(one), fail)
  expect(commits.pending()).toBe(180_000)
  while (groups.flat().length < 9) {
    expect(commits.pending()).toBeLessThanOrEqual(200_000)
    const run = turns.shift()
    if (run === undefined) throw new Error('nothing is going to commit what waits')
    run()
  }
  expect(groups).toEqual([
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
  ])
  expect(settled).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
})

test('a listener that fails takes the acknowledgement from nobody else, and nothing is written again', () => {
  const groups: number[][] = []
  const turns: (() => void)[] = []
  const commits = createGroupCommit<number, number>({
    commit: (entries) => {
      groups.push([...entries])
      return entries
    },
    flushed: () => {},
    soon: (run) => void turns.push(run),
    clock: createManualClock(),
  })
  const told: string[] = []
  for (const entry of [1, 2, 3])
    commits.add(
      entry,
      1,
      (result) => {
        if (result === 2) throw new Error('listener')
        told.push(`done ${result}`)
      },
      (cause) => void told.push(`failed ${entry}: ${cause instanceof Error ? cause.message : ''}`),
    )
  turns.shift()?.()
  expect(groups).toEqual([[1, 2, 3]])
  expect(told).toEqual(['done 1', 'failed 2: listener', 'done 3'])
})

test('a crowd that is back as a whole waits no longer, and one group in eight still looks whether it has grown', async () => {
  const groups: number[] = []
  const turns: (() => void)[] = []
  const manual = createManualClock()
  let spentMs = 0
  const clock = { ...manual, steady: () => millis(manual.steady() + spentMs) }
  const commits = createGroupCommit<number, number>({
    commit: (entries) => {
      groups.push(entries.length)
      // Four times as long is more than a crowd waits.
      spentMs += 10
      return entries
    },
    flushed: () => {},
    soon: (run) => void turns.push(run),
    clock,
  })
  const come = (count: number): void => {
    for (let index = 0; index < count; index += 1)
      commits.add(
        index,
        1,
        () => {},
        () => {},
      )
    for (const run of turns.splice(0)) run()
  }
  come(300)
  expect(groups).toEqual([300])
  come(299)
  expect(groups).toEqual([300])
  come(1)
  expect(groups).toEqual([300, 300])
  await manual.advance(20)
  for (let round = 3; round <= 8; round += 1) come(300)
  expect(groups).toHaveLength(8)
  come(300)
  come(100)
  expect(groups).toHaveLength(8)
  await manual.advance(20)
  expect(groups[8]).toBe(400)
  come(300)
  expect(groups).toHaveLength(9)
  come(100)
  expect(groups[9]).toBe(400)
})
