import type { Db } from '../../postgres/postgres-client.ts'
import { rolesPlayed } from '../desk/may.ts'

export type StaffStore = ReturnType<typeof createStaffStore>
const SLOT_MS = 15 * 60_000

/** People of the house by the roles that they play in processes, and when each is taken. */
export function createStaffStore(db: Db) {
  const playing = async (roles: readonly string[]) => {
    const accounts = await db
      .selectFrom('accounts')
      .select(['id', 'name', 'role'])
      .where('disabledAt', 'is', null)
      .orderBy('name')
      .execute()
    const given = Map.groupBy(
      await db.selectFrom('processPeople').select(['account', 'role']).execute(),
      ({ account }) => account,
    )
    return accounts.filter((account) => {
      const played = rolesPlayed(
        account,
        (given.get(account.id) ?? []).map(({ role }) => role),
      )
      return roles.some((role) => played.includes(role))
    })
  }
  return {
    /** Who plays any of these roles, the closed accounts left out. */
    playing,
    /** Of the units of a resource, those that are taken at some time between. */
    takenUnits: async (resource: string, from: number, to: number): Promise<ReadonlySet<string>> => {
      const rows = await db
        .selectFrom('processBookingSlots')
        .select('unit')
        .distinct()
        .where('resource', '=', resource)
        .where('slot', '>=', Math.floor(from / SLOT_MS))
        .where('slot', '<', Math.ceil(to / SLOT_MS))
        .execute()
      return new Set(rows.map(({ unit }) => unit.replace(/^person:/, '')))
    },
    /** The person who began this card, if a person did. */
    authorOf: async (card: string): Promise<string | null> => {
      const row = await db.selectFrom('cards').select('author').where('id', '=', card).executeTakeFirst()
      return row?.author?.startsWith('person:') === true ? row.author.slice('person:'.length) : null
    },
  }
}
