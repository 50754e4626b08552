/** Where a car will be found, in whole numbers that every machine comes to alike. */

/** What was known when the last place was told. Degrees by 10⁻⁶, 0.1 km/h, whole degrees of course. */
export type Motion = { readonly speed: number; readonly heading: number }
export type Way = { readonly lat: number; readonly lon: number }

const ONE = 65_536
/** Sine of whole degrees, 0 to 90. */
const SINE = Array.from({ length: 91 }, (_, degree) => Math.round(ONE * Math.sin((degree * Math.PI) / 180)))
/** 0.1 km/h for as many ms as make 10⁻⁶ degree of latitude, 0.111195 m. */
const MS_PER_STEP = 4003

/** Sine by 65536 of whole degrees, 0 to 450. */
function sine(degree: number): number {
  const within = degree % 360
  if (within > 180) return -sine(within - 180)
  return SINE[within > 90 ? 180 - within : within] ?? 0
}

const cosine = (degree: number): number => sine(degree + 90)

/** Cosine of a latitude in 10⁻⁶ degree, between the whole degrees; never so small that a pole breaks it. */
function shrink(lat: number): number {
  const above = Math.min(89e6, Math.abs(lat))
  const degree = Math.floor(above / 1e6)
  const [here, next] = [cosine(degree), cosine(degree + 1)]
  return here + Math.round(((next - here) * (above - degree * 1e6)) / 1e6)
}

/** Pure. The way of a car that drove so for `ms`, beginning at `lat`. */
export function wayOf({ speed, heading }: Motion, ms: number, lat: number): Way {
  const steps = (speed * ms) / MS_PER_STEP
  return { lat: Math.round((steps * cosine(heading)) / ONE), lon: Math.round((steps * sine(heading)) / shrink(lat)) }
}
