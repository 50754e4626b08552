import { tmpdir } from 'node:os'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { createPostgres } from '../../../cloud/postgres/postgres-client.ts'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import { requireReal, startPostgres } from '../../support/real-servers.ts'
import { silentLog } from '../../support/silent-log.ts'
import { until } from '../../support/until.ts'

test.skipIf(!requireReal('postgresql'))(
  'a server killed in the middle of queries and transactions fails those, and nothing else: the next ones reach it again',
  async () => {
    const server = await startPostgres()
    const { db, inTransaction, runText, close } = createPostgres({
      databaseUrl: server.url,
      dataDir: tmpdir(),
      log: silentLog,
    })
    const long = 'select pg_sleep(30)'
    const underway = Promise.allSettled([
      sql.raw(long).execute(db),
      inTransaction((within) => sql.raw(long).execute(within)),
      runText(long),
    ])
    await until('they are under way', async () => {
      const { rows } = await runText(`select count(*)::int as n from pg_stat_activity where query = $1`, [long])
      return JSON.stringify(rows) === '[{"n":3}]'
    })
    await server.kill()
    expect((await underway).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await server.restart()
    await until('it answers again', () =>
      runText('select 1').then(
        () => true,
        () => false,
      ),
    )
    await close()
    await server.stop()
  },
  60_000,
)

test.skipIf(!requireReal('postgresql'))(
  'a server that is silent fails what is at work there and what waits for it; one that is only slow does not',
  async () => {
    const server = await startPostgres()
    const line = await startFaultProxy(server.port)
    const { db, inTransaction, runText, close } = createPostgres({
      databaseUrl: server.url.replace(`:${server.port}/`, `:${line.port}/`),
      dataDir: tmpdir(),
      log: silentLog,
      patience: { askAfterMs: 50, answerMs: 3000, freeMs: 3000 },
    })
    // Longer than it takes to ask several times.
    expect((await runText('select 1 as one, pg_sleep(1)')).rows).toMatchObject([{ one: 1 }])
    const transaction = inTransaction(async (within) => {
      await sql`select 1`.execute(within)
      line.set({ halfOpen: true })
      await sql`select 1`.execute(within)
    })
    await expect(transaction).rejects.toThrow(/connection/i)
    const asked = Array.from({ length: 20 }, () => runText('select 1'))
    expect(new Set((await Promise.allSettled(asked)).map(({ status }) => status))).toEqual(new Set(['rejected']))
    line.reset()
    line.set({ halfOpen: false })
    await until('it answers again', () =>
      sql`select 1`.execute(db).then(
        () => true,
        () => false,
      ),
    )
    await close()
    await line.close()
    await server.stop()
  },
  60_000,
)
