import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { GatewayId } from '#contract/ids.ts'
import { createSheetService } from '../../../cloud/sheets/sheet-service.ts'
import { createManualClock } from '../../support/manual-clock.ts'
import { jpeg, png } from '../../support/pictures.ts'
import { commissioningSheet } from '../../support/two-parks.ts'

const GATEWAY = GatewayId.parse('gw-00000000000000000001')
const SIGNED = png()
const OF_SIGNED = createHash('sha256').update(SIGNED).digest('hex')

/** The sheet of one gateway that names one photo, and what lies in its place. */
const keeping = (kept: Uint8Array | undefined) =>
  createSheetService({
    clock: createManualClock(1_760_000_000_000),
    knows: () => true,
    store: {
      newest: async () =>
        commissioningSheet(GATEWAY, '0192f0c1-7a00-7000-8000-000000000004', 1_760_000_000_000, SIGNED),
      photos: async () => new Set([OF_SIGNED]),
      photo: async () => kept,
      keepPhoto: async () => {},
    },
  })

test('a photo is shown as it was signed', async () => {
  expect(await keeping(SIGNED).photo(GATEWAY, OF_SIGNED)).toEqual({ type: 'image/png', bytes: SIGNED })
})

test.each([
  { name: 'another picture lies in its place', kept: jpeg(), code: 'sheet/photo-damaged' },
  { name: 'half of it is left', kept: SIGNED.subarray(0, 20), code: 'sheet/photo-damaged' },
  { name: 'it is gone', kept: undefined, code: 'sheet/photo-unknown' },
])('nothing is shown where $name: $code', async ({ kept, code }) => {
  await expect(keeping(kept).photo(GATEWAY, OF_SIGNED)).rejects.toMatchObject({ code })
})

test('a photo that the sheet does not name is not looked for', async () => {
  const service = keeping(SIGNED)
  await expect(service.photo(GATEWAY, '0'.repeat(64))).rejects.toMatchObject({ code: 'sheet/photo-unknown' })
})
