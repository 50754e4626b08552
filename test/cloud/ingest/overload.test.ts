import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startForked } from '../../bench/forked.ts'
import { loadOf, namedGateways } from '../../bench/load-of.ts'
import { startLoad } from '../../support/load.ts'
import { freePort } from '../../support/real-servers-process.ts'
import { tallyJournals } from '../../support/stored-frames.ts'

/** More than any machine takes here; `npm run bench -- loss` does the same to the whole cloud for a minute. */
const OFFERED = 300_000
const SENDERS = 150

test('offered far more than it can take, it slows everybody down: nobody is turned away, nothing is lost or doubled', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kordon-overload-'))
  const [path, port] = [join(dir, 'journal.sqlite'), await freePort()]
  const running = await startForked('../cloud/ingest/ingest-process.ts', [path, String(port)])
  try {
    const load = await startLoad({ ...loadOf(namedGateways(SENDERS), port), framesPerS: OFFERED })
    await pause(2500)
    const report = await load.stop()
    expect(report.frames / report.seconds).toBeLessThan(OFFERED / 2)
    expect(report.reconnects).toBe(0)
    expect(tallyJournals([path], report.ledger)).toEqual({ stored: report.frames, lost: 0, duplicates: 0 })
  } finally {
    await running.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}, 90_000)
