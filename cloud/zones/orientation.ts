/** Bound of the rounding error of the plain determinant, relative to its two products (Shewchuk 1997, ccwerrboundA). */
const ERROR_BOUND = (3 + 16 * 2 ** -53) * 2 ** -53

/**
 * Pure. Positive when c lies to the left of a→b, negative to the right, zero exactly on the line: exact for all doubles
 * of a map's size, so that a point on the border is never on both sides or on none.
 */
export function orientation(ax: number, ay: number, bx: number, by: number, cx: number, cy: number): number {
  const left = (ax - cx) * (by - cy)
  const right = (ay - cy) * (bx - cx)
  const determinant = left - right
  const doubt = ERROR_BOUND * (Math.abs(left) + Math.abs(right))
  if (determinant > doubt || -determinant > doubt) return determinant
  return exactOrientation(ax, ay, bx, by, cx, cy)
}

/** A power of two: the product is exact, and an integer for every coordinate of 2^-240 degrees or more. */
const SCALE = 2 ** 300
const integer = (value: number): bigint => BigInt(Math.trunc(value * SCALE))

function exactOrientation(
  ...[ax, ay, bx, by, cx, cy]: readonly [number, number, number, number, number, number]
): number {
  const [x, y] = [integer(cx), integer(cy)]
  const determinant = (integer(ax) - x) * (integer(by) - y) - (integer(ay) - y) * (integer(bx) - x)
  if (determinant === 0n) return 0
  return determinant > 0n ? 1 : -1
}
