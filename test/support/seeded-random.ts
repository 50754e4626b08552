/** sfc32: small, fast, well mixed; the same seed and name give the same draws for ever. Answers in [0, 1). */
export type Random = () => number

/** A stream of its own per name, so that a new draw in one component shifts no other. */
export function seededRandom(seed: number, name = ''): Random {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, seed | 0, 1]
  const next = (): number => {
    const sum = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  for (const letter of name) {
    a = (a ^ letter.charCodeAt(0)) | 0
    next()
  }
  for (let round = 0; round < 12; round += 1) next()
  return next
}
