import { createHash } from 'node:crypto'
import { CommissioningSheet, type SheetPhoto } from '#contract/commissioning.ts'
import type { GatewayId } from '#contract/ids.ts'
import type { Clock } from '#contract/instant.ts'
import { Fault } from '../http/fault.ts'
import type { SheetStore } from './sheet-store.ts'

export type ShownSheet = CommissioningSheet & {
  readonly photos: readonly (SheetPhoto & { readonly kept: boolean })[]
}

export type SheetService = {
  /** The newest sheet, and which of its photos are here; undefined: none came. Faults: gateway/unknown. */
  newest(gateway: GatewayId): Promise<ShownSheet | undefined>
  /** Faults: sheet/none; sheet/photo-refused, naming the photo, for what the newest sheet was not signed with. */
  keepPhoto(photo: NewPhoto): Promise<void>
  /** Looked at again before it is shown. Faults: sheet/photo-unknown, sheet/photo-damaged. */
  photo(gateway: GatewayId, sha256: string): Promise<{ readonly type: SheetPhoto['type']; readonly bytes: Uint8Array }>
}

type NewPhoto = {
  readonly gateway: GatewayId
  /** The digest under which the sheet names it. */
  readonly sha256: string
  readonly type: string
  readonly bytes: Uint8Array
  readonly by: string
}

type Deps = {
  readonly store: SheetStore
  readonly knows: (gateway: GatewayId) => boolean
  readonly clock: Clock
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Photos are believed by the digests that the gateway signed, when they come and each time they are shown. */
export function createSheetService({ store, knows, clock }: Deps): SheetService {
  const claimsOf = async (gateway: GatewayId): Promise<CommissioningSheet | undefined> => {
    const sheet = await store.newest(gateway)
    if (sheet === undefined) return undefined
    return CommissioningSheet.parse(JSON.parse(Buffer.from(sheet.split('.')[1] ?? '', 'base64url').toString('utf8')))
  }
  const named = async (gateway: GatewayId, sha256: string): Promise<SheetPhoto | undefined> =>
    (await claimsOf(gateway))?.photos?.find((photo) => photo.sha256 === sha256)

  return {
    newest: async (gateway) => {
      if (!knows(gateway)) throw new Fault('gateway/unknown')
      const claims = await claimsOf(gateway)
      if (claims === undefined) return undefined
      const here = await store.photos(gateway)
      const photos = (claims.photos ?? []).map((photo) => ({ ...photo, kept: here.has(photo.sha256) }))
      return { ...claims, photos }
    },
    keepPhoto: async ({ gateway, sha256, type, bytes, by }) => {
      const claims = await claimsOf(gateway)
      if (claims === undefined) throw new Fault('sheet/none')
      const photo = claims.photos?.find((one) => one.sha256 === sha256)
      if (photo === undefined)
        throw new Fault(
          'sheet/photo-refused',
          `The newest sheet of ${gateway} names no photo with the digest ${sha256}`,
        )
      if (photo.type !== type)
        throw new Fault('sheet/photo-refused', `${photo.name} was signed as ${photo.type}, not ${type}`)
      const digest = digestOf(bytes)
      if (digest !== sha256)
        throw new Fault(
          'sheet/photo-refused',
          `${photo.name} is not the picture that was signed: its digest is ${digest}, not ${sha256}`,
        )
      await store.keepPhoto({ gatewayId: gateway, sha256, bytes, byName: by, receivedAt: clock.now() })
    },
    photo: async (gateway, sha256) => {
      const photo = await named(gateway, sha256)
      const bytes = photo === undefined ? undefined : await store.photo(gateway, sha256)
      if (photo === undefined || bytes === undefined) throw new Fault('sheet/photo-unknown')
      if (digestOf(bytes) !== sha256) throw new Fault('sheet/photo-damaged', photo.name)
      return { type: photo.type, bytes }
    },
  }
}
