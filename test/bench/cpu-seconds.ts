import { readdirSync, readFileSync } from 'node:fs'

type Spent = { readonly parent: number; readonly seconds: number }

/** User and system, of a process and all beneath it, those that have ended among them. Linux. */
export function cpuSecondsOf(pid: number): number {
  const all = new Map(
    readdirSync('/proc').flatMap((name): [number, Spent][] => {
      const spent = /^\d+$/.test(name) ? spentBy(name) : undefined
      return spent === undefined ? [] : [[Number(name), spent]]
    }),
  )
  const isBeneath = (one: number): boolean => {
    const parent = all.get(one)?.parent
    return one === pid || (parent !== undefined && isBeneath(parent))
  }
  return [...all].reduce((sum, [one, { seconds }]) => (isBeneath(one) ? sum + seconds : sum), 0)
}

/** Undefined when it has just ended. */
function spentBy(pid: string): Spent | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    // utime, stime, and those of children that were waited for, in hundredths.
    const seconds = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / 100
    return { parent: Number(fields[1]), seconds }
  } catch {
    return undefined
  }
}
