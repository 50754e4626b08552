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

test('under load what comes waits for company, no longer than 5 ms and four commits, and 5,000 records wait for nobody', async () => {
  const groups: number[] = []
  const turns: (() => void)[] = []
  const manual = createManualClock()
  let spentMs = 0
  let takesMs = 10
  const commits = createGroupCommit<number, number>({
    commit: (entries) => {
      groups.push(entries.length)
      spentMs += takesMs
      return entries
    },
    flushed: () => {},
    soon: (run) => void turns.push(run),
    clock: { ...manual, steady: () => millis(manual.steady() + spentMs) },
  })
  const come = (records: number): void => {
    commits.add(
      0,
      records,
      () => {},
      () => {},
    )
    for (const run of turns.splice(0)) run()
  }
  come(1)
  expect(groups, 'after a rest').toEqual([1])
  come(1)
  await manual.advance(4)
  come(1)
  expect(groups).toEqual([1])
  takesMs = 0.5
  await manual.advance(1)
  expect(groups, 'after 5 ms').toEqual([1, 2])
  come(1)
  await manual.advance(2)
  expect(groups, 'after four times half a millisecond').toEqual([1, 2, 1])
  come(4999)
  expect(groups).toHaveLength(3)
  come(1)
  expect(groups, 'with 5,000 records').toEqual([1, 2, 1, 2])
})
