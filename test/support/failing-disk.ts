import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Thrown at the moment the power goes, and by everything after it. */
export class PowerCut extends Error {}

/** Counts writes, transactions included, over all files that share it, and fails from the given one on. */
export type Writes = { made: number; readonly failAt: number; readonly error: () => Error }

/**
 * The same database, whose writes fail from the chosen one on: a disk without power, without room, or read-only. `when`
 * says whether the failing statement itself still reached the file.
 */
export function failingDisk(db: DatabaseSync, writes: Writes, when: 'before' | 'after' = 'before'): DatabaseSync {
  const write = <Result>(work: () => Result): Result => {
    writes.made += 1
    if (writes.made > writes.failAt) throw writes.error()
    if (writes.made < writes.failAt || when === 'after') {
      const result = work()
      if (writes.made === writes.failAt) throw writes.error()
      return result
    }
    throw writes.error()
  }
  const statement = (real: StatementSync): StatementSync =>
    new Proxy(real, {
      get: (target, name) => {
        const found: unknown = Reflect.get(target, name)
        if (typeof found !== 'function') return found
        const call = (...values: unknown[]): unknown => Reflect.apply(found, target, values)
        return name === 'run' ? (...values: unknown[]) => write(() => call(...values)) : call
      },
    })
  return new Proxy(db, {
    get: (target, name) => {
      if (name === 'prepare') return (sql: string) => statement(target.prepare(sql))
      if (name === 'exec') return (sql: string) => write(() => target.exec(sql))
      const found: unknown = Reflect.get(target, name)
      return typeof found === 'function' ? (...values: unknown[]) => Reflect.apply(found, target, values) : found
    },
  })
}
