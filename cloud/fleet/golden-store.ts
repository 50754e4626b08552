import { z } from 'zod'
import type { GatewayId } from '#contract/ids.ts'
import type { EpochMs } from '#contract/instant.ts'
import type { ParkId } from '../parks/park.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { Difference, GoldenSetup, type Reported } from './golden.ts'

export type GoldenStore = ReturnType<typeof createGoldenStore>
export type KeptGolden = {
  readonly parkId: ParkId
  readonly version: number
  readonly setup: GoldenSetup
  readonly note: string
  readonly byName: string
  readonly createdAt: EpochMs
}
export type KeptDrift = {
  readonly gatewayId: GatewayId
  readonly differences: readonly Difference[]
  readonly sinceAt: EpochMs
}

const SheetProfiles = z.looseObject({
  profiles: z.array(z.looseObject({ profile: z.string(), revision: z.int(), hash: z.string() })),
})
const Document = z.record(z.string(), z.unknown())

/** What gateways of each park should run, what each has said, and where they differ. */
export function createGoldenStore(db: Db) {
  return {
    newest: async (): Promise<ReadonlyMap<ParkId, KeptGolden>> => {
      const rows = await db.selectFrom('goldenSetups').selectAll().orderBy('version').execute()
      return new Map(rows.map(({ document, ...row }) => [row.parkId, { ...row, setup: GoldenSetup.parse(document) }]))
    },
    /** False when another person was quicker with this version. */
    add: async ({ setup, ...row }: KeptGolden): Promise<boolean> => {
      const added = await db
        .insertInto('goldenSetups')
        .values({ ...row, document: JSON.stringify(setup) })
        .onConflict((it) => it.doNothing())
        .executeTakeFirst()
      return (added.numInsertedOrUpdatedRows ?? 0n) > 0n
    },
    drifts: async (): Promise<ReadonlyMap<GatewayId, KeptDrift>> => {
      const rows = await db.selectFrom('gatewayDrifts').selectAll().execute()
      return new Map(
        rows.map((row) => [row.gatewayId, { ...row, differences: z.array(Difference).parse(row.differences) }]),
      )
    },
    keepDrift: async ({ gatewayId, differences, sinceAt }: KeptDrift): Promise<void> => {
      const said = { differences: JSON.stringify(differences) }
      await db
        .insertInto('gatewayDrifts')
        .values({ gatewayId, sinceAt, ...said })
        .onConflict((it) => it.column('gatewayId').doUpdateSet(said))
        .execute()
    },
    forgetDrift: (gateway: GatewayId) => db.deleteFrom('gatewayDrifts').where('gatewayId', '=', gateway).execute(),
    parks: async (): Promise<ReadonlyMap<string, ParkId>> => {
      const rows = await db.selectFrom('vehicles').select(['id', 'parkId']).execute()
      return new Map(rows.map(({ id, parkId }) => [id, parkId]))
    },
    /** By gateway, what its newest sheet and its newest word on its configuration say. */
    reported: async (): Promise<ReadonlyMap<GatewayId, Pick<Reported, 'profiles' | 'document'>>> => {
      const sheets = await db.selectFrom('commissioningSheets').selectAll().orderBy('at').execute()
      const reports = await db
        .selectFrom('configurationReports as r')
        .leftJoin('configurations as c', (join) =>
          join
            .onRef('c.gatewayId', '=', 'r.gatewayId')
            .onRef('c.version', '=', 'r.appliedVersion')
            .onRef('c.hash', '=', 'r.appliedHash'),
        )
        .select(['r.gatewayId', 'r.document as local', 'c.document as applied'])
        .execute()
      const profiles = new Map(sheets.map(({ gatewayId, sheet }) => [gatewayId, profilesIn(sheet)]))
      const documents = new Map(
        reports.map(({ gatewayId, local, applied }) => [gatewayId, Document.safeParse(applied ?? local).data]),
      )
      return new Map(
        [...new Set([...profiles.keys(), ...documents.keys()])].map((id) => [
          id,
          { profiles: profiles.get(id), document: documents.get(id) },
        ]),
      )
    },
  }
}

/** The signature was checked when the sheet was kept. */
function profilesIn(sheet: string): Reported['profiles'] {
  const said = SheetProfiles.safeParse(JSON.parse(Buffer.from(sheet.split('.')[1] ?? '', 'base64url').toString('utf8')))
  return said.success
    ? new Map(said.data.profiles.map(({ profile, revision, hash }) => [profile, { revision, hash }]))
    : undefined
}
