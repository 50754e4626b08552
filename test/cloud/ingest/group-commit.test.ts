import { expect, test } from 'vitest'
import { createGroupCommit } from '../../../cloud/ingest/group-commit.ts'
import { createManualClock } from '../../support/manual-clock.ts'

test('who sends more than the journal may gather waits outside, in order, and is not refused', async () => {
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
  const all = Promise.all(
    Array.from({ length: 9 }, async (_, index) => void settled.push(await commits.add(index, 60_000))),
  )
  expect(commits.pending()).toBe(180_000)
  while (groups.flat().length < 9) {
    expect(commits.pending()).toBeLessThanOrEqual(200_000)
    const run = turns.shift()
    if (run === undefined) throw new Error('nothing is going to commit what waits')
    run()
  }
  await all
  expect(groups).toEqual([
    [0, 1, 2],
    [3, 4, 5],
    [6, 7, 8],
  ])
  expect(settled).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
})
