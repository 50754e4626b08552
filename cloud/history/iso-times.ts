import type { EpochMs } from '#contract/instant.ts'

const DAY_MS = 86_400_000
const TWO = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'))
const THREE = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'))

/**
 * Writes moments as `Instant` does, in a fifth of the time, for answers with tens of thousands of them: nearly all are of the
 * day of the one before, and only the day is hard.
 */
export function createIsoTimes(): (at: EpochMs) => string {
  let known = Number.NaN
  let date = ''
  return (at) => {
    const day = Math.floor(at / DAY_MS)
    if (day !== known) {
      date = new Date(day * DAY_MS).toISOString().slice(0, -13)
      known = day
    }
    const rest = at - day * DAY_MS
    const seconds = Math.floor(rest / 1000)
    const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)]
    return `${date}${TWO[hours]}:${TWO[minutes % 60]}:${TWO[seconds % 60]}.${THREE[rest % 1000]}Z`
  }
}
