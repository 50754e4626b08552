/** A number in [0, 1), each call the next of one fixed run. */
export type Random = () => number

/** A repeatable run of numbers for one seed (mulberry32): the same seed makes the same fleet. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A number between `low` and `high`. */
export const drawn = (random: Random, low: number, high: number): number => low + (high - low) * random()

/** A sample of the normal distribution with mean 0 and deviation 1 (Box and Muller). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
