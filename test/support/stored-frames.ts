import { DatabaseSync } from 'node:sqlite'
import type { LedgerPage } from './load-plan.ts'

export type Tally = { readonly stored: number; readonly lost: number; readonly duplicates: number }

/** Pure. What a store holds of a stream, against what was promised. */
export function tallyOf(page: LedgerPage, seqs: readonly number[]): Tally {
  const distinct = new Set(seqs)
  let lost = page.beyond.filter((seq) => !distinct.has(seq)).length
  for (let seq = 1; seq <= page.through; seq += 1) if (!distinct.has(seq)) lost += 1
  return { stored: distinct.size, lost, duplicates: seqs.length - distinct.size }
}

export const addUp = (tallies: readonly Tally[]): Tally =>
  tallies.reduce(
    (sum, one) => ({
      stored: sum.stored + one.stored,
      lost: sum.lost + one.lost,
      duplicates: sum.duplicates + one.duplicates,
    }),
    { stored: 0, lost: 0, duplicates: 0 },
  )

/** By query of InfluxDB 1.x, gateway by gateway: each has had one stream. */
export async function tallyInflux(url: string, ledger: readonly LedgerPage[], readBefore?: number): Promise<Tally> {
  const until = readBefore === undefined ? '' : ` AND time < ${readBefore}ms`
  const tallies: Tally[] = []
  for (const page of ledger) {
    const q = `SELECT "seq" FROM "frame" WHERE "gateway" = '${page.gateway}'${until}`
    const query = new URLSearchParams({ db: 'kordon', epoch: 'u', q })
    const answer = await fetch(`${url}/query?${query}`, { headers: { accept: 'application/csv' } })
    if (!answer.ok) throw new Error(`InfluxDB answered ${answer.status} ${await answer.text()}`)
    const lines = (await answer.text()).split('\n').slice(1).filter(Boolean)
    tallies.push(
      tallyOf(
        page,
        lines.map((line) => Number(line.slice(line.lastIndexOf(',') + 1))),
      ),
    )
  }
  return addUp(tallies)
}

/** By query of VictoriaMetrics: every raw sample of the field `seq`. */
export async function tallyVictoria(url: string, ledger: readonly LedgerPage[]): Promise<Tally> {
  await fetch(`${url}/internal/force_flush`)
  const tallies: Tally[] = []
  for (const page of ledger) {
    const query = new URLSearchParams({ 'match[]': `{__name__="frame_seq",gateway="${page.gateway}"}`, start: '0' })
    const answer = await (await fetch(`${url}/api/v1/export?${query}`)).text()
    const seqs = answer
      .split('\n')
      .filter(Boolean)
      .flatMap((line): number[] => JSON.parse(line).values)
    tallies.push(tallyOf(page, seqs))
  }
  return addUp(tallies)
}

/** By query of the journal's own file. */
export function tallyJournals(paths: readonly string[], ledger: readonly LedgerPage[]): Tally {
  const files = paths.map((path) => new DatabaseSync(path, { readOnly: true }))
  const tallies = ledger.map((page) =>
    tallyOf(
      page,
      files.flatMap((file) =>
        file
          .prepare('SELECT seq FROM records WHERE stream = ?')
          .all(page.stream)
          .map((row) => Number(row['seq'])),
      ),
    ),
  )
  for (const file of files) file.close()
  return addUp(tallies)
}

/** How many entries of the journal a projection has not stored yet. */
export function lagOf(path: string, projection: string): number {
  const file = new DatabaseSync(path, { readOnly: true })
  const value = (sql: string, ...parameters: string[]) => Number(file.prepare(sql).get(...parameters)?.['value'] ?? 0)
  const head = value('SELECT max(position) AS value FROM entries')
  const cursor = value('SELECT position AS value FROM cursors WHERE name = ?', projection)
  file.close()
  return head - cursor
}
