import { expect, test } from 'vitest'
import type { Frame } from '#contract/frame.ts'
import { Seq, StreamId } from '#contract/ids.ts'
import { millis } from '#contract/instant.ts'
import { recordsMessage } from '../../../edge/outbox/records-message.ts'
import { recordedDrives, thinnedTo } from '../../support/recorded-frames.ts'

const STREAM = StreamId.parse('00112233-4455-4677-8899-aabbccddeeff')
const COMPANY = 60

/** Bytes a position of a drive with every field, sixty positions in a message, as a gateway sends it. */
function bytesAPosition(frames: readonly Frame[]): number {
  let bytes = 0
  for (let from = 0; from < frames.length; from += COMPANY) {
    const records = frames.slice(from, from + COMPANY).map((record, index) => ({
      seq: Seq.parse(from + index + 1),
      record,
      boot: 'boot',
      steadyAt: millis(0),
      bytes: 300,
    }))
    bytes +=
      recordsMessage({ stream: STREAM, records }, { boot: 'boot', since: millis(0) }, 'compact')?.payload.length ?? 0
  }
  return bytes / frames.length
}

const drives = (['car-munich', 'bus-limerick', 'bus-liverpool', 'moscow-spoof-synthetic'] as const)
  .flatMap((file) => recordedDrives(file, COMPANY))
  .flatMap(({ name, frames }) => [
    { name: `${name}, as recorded`, frames },
    { name: `${name}, every ten seconds`, frames: thinnedTo(frames, 10_000) },
  ])
  .filter(({ frames }) => frames.length >= COMPANY)

test.each(drives)('$name: at most nine bytes a position', ({ frames }) => {
  expect(bytesAPosition(frames)).toBeLessThanOrEqual(9)
})
