import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { EpochMs } from '#contract/instant.ts'
import type { Db } from '../postgres/postgres-client.ts'
import { Policy } from './policy.ts'

export type AccessStore = ReturnType<typeof createAccessStore>

export type SettingKey = 'policy' | 'second-factor-to-block' | 'retention'

/** Table `access_settings`: what this installation says differently from what we ship. */
export function createAccessStore(db: Db) {
  return {
    read: async (key: SettingKey): Promise<unknown> => {
      const query = db.selectFrom('accessSettings').select('value').where('key', '=', key)
      return (await query.executeTakeFirst())?.value
    },
    write: async (key: SettingKey, value: unknown, changedBy: string, changedAt: EpochMs): Promise<void> => {
      const row = { value: JSON.stringify(value), changedBy, changedAt }
      await db
        .insertInto('accessSettings')
        .values({ key, ...row })
        .onConflict((it) => it.column('key').doUpdateSet(row))
        .execute()
    },
  }
}

/** The policy we ship. Throws, naming the place, when the file is not usable. */
export const shippedPolicy = (): Policy =>
  Policy.parse(parse(readFileSync(new URL('./policy.yaml', import.meta.url), 'utf8')))
