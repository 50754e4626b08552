import { z } from 'zod'

/** gpsd writes numbers and leaves out what it does not know; members we do not read are none of our business. */
const number = z.number().exactOptional()

const Tpv = z.object({
  class: z.literal('TPV'),
  /** 0 unknown, 1 no fix, 2 two dimensions, 3 three. */
  mode: z.int().min(0).max(3),
  /** 0 unknown, 1 GNSS, 2 DGNSS, 3 and 4 RTK, 5 dead reckoning, 6 GNSS with it, 7 surveyed, 8 simulated, 9 P(Y). */
  status: z.int().exactOptional(),
  time: z.iso.datetime().exactOptional(),
  lat: z.number().min(-90).max(90).exactOptional(),
  lon: z.number().min(-180).max(180).exactOptional(),
  altMSL: number,
  /** Until gpsd 3.20: the altitude of either kind. */
  alt: number,
  track: number,
  /** m/s */
  speed: number,
  /** Estimated horizontal error, m; or its parts to the east and to the north. */
  eph: number,
  epx: number,
  epy: number,
})
export type Tpv = z.infer<typeof Tpv>

const Sky = z.object({ class: z.literal('SKY'), hdop: number, uSat: z.int().min(0).max(255).exactOptional() })
export type Sky = z.infer<typeof Sky>

/** What gpsd says about a moment or about the satellites; everything else is `other`, and what is no report `damaged`. */
export type GpsdReport = Tpv | Sky | { readonly class: 'other' } | { readonly class: 'damaged' }

const Classed = z.object({ class: z.string() })

/** Pure. One line of gpsd's JSON protocol. */
export function parseReport(line: string): GpsdReport {
  const json = jsonOf(line)
  const classed = Classed.safeParse(json)
  if (!classed.success) return { class: 'damaged' }
  if (classed.data.class !== 'TPV' && classed.data.class !== 'SKY') return { class: 'other' }
  const report = (classed.data.class === 'TPV' ? Tpv : Sky).safeParse(json)
  return report.success ? report.data : { class: 'damaged' }
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
