import { tmpdir } from 'node:os'
import { describe, expect, test } from 'vitest'
import { epochMs, minutes } from '#contract/instant.ts'
import { checkRoom } from '../../../cloud/ingest/disk-client.ts'
import { runPruneLoop } from '../../../cloud/ingest/prune-loop.ts'
import { runReceiptLoop } from '../../../cloud/ingest/receipt-loop.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { listeningLog } from './journal-support.ts'

test('a disk without room is told before the journal meets it', async () => {
  await expect(checkRoom(tmpdir(), 0)).resolves.toBeUndefined()
  await expect(checkRoom(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toThrow(/^the disk is full: \d+ MB are left$/)
})

describe('the small loops of ingest', () => {
  test('receipts: looks every second until told to stop', async () => {
    const clock = createManualClock()
    const stop = new AbortController()
    let looked = 0
    const ingest = {
      sendOverdueReceipts: () => {
        looked += 1
      },
    }
    const loop = runReceiptLoop({ ingest, clock }, stop.signal)
    await clock.advance(15_000)
    expect(looked).toBe(15)
    stop.abort()
    await loop
  })

  test('prune: once an hour, by age; a failure is named and tried again', async () => {
    const clock = createManualClock(10_000_000)
    const log = listeningLog()
    const stop = new AbortController()
    const asked: number[] = []
    const journal = {
      prune: (before: number) => {
        asked.push(before)
        if (asked.length === 1) throw new Error('busy')
        return Math.max(0, 4 - asked.length)
      },
    }
    const loop = runPruneLoop({ journal, clock, log, keep: minutes(10) }, stop.signal)
    await clock.advance(7_200_000)
    const second = epochMs(10_000_000 + 6_600_000)
    // A handful and then another, with a breath between them in which others work.
    expect(asked).toEqual([epochMs(10_000_000 + 3_000_000), second])
    await clock.advance(10)
    expect(asked).toEqual([epochMs(10_000_000 + 3_000_000), second, second])
    await clock.advance(10)
    expect(asked).toEqual([epochMs(10_000_000 + 3_000_000), second, second, second])
    expect(log.lines.map(({ event }) => event)).toEqual(['journal.prune-failed', 'journal.pruned'])
    stop.abort()
    await loop
  })
})
