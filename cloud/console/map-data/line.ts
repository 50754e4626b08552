/** A position as GeoJSON writes it: longitude, latitude, degrees. */
export type Point = readonly [number, number]
export type Line = readonly Point[]

const METRES_PER_DEGREE = 111_320
/** Longitude degrees shrink with latitude; the whole map lies near 55.7° N. */
const LON_SCALE = Math.cos((55.7 * Math.PI) / 180)

const key = (point: Point): string => `${point[0].toFixed(5)},${point[1].toFixed(5)}`

/** Pure. Distance in metres from a point to the segment a–b, flat-earth (exact enough within 200 km). */
function distanceToSegmentM(point: Point, a: Point, b: Point): number {
  const scale = METRES_PER_DEGREE
  const [px, py] = [(point[0] - a[0]) * LON_SCALE * scale, (point[1] - a[1]) * scale]
  const [bx, by] = [(b[0] - a[0]) * LON_SCALE * scale, (b[1] - a[1]) * scale]
  const length = bx * bx + by * by
  const along = length === 0 ? 0 : Math.max(0, Math.min(1, (px * bx + py * by) / length))
  return Math.hypot(px - along * bx, py - along * by)
}

/** Pure. Douglas–Peucker: leaves out points closer than `toleranceM` metres to the line that remains. */
export function simplify(line: Line, toleranceM: number): Line {
  const first = line[0]
  const last = line.at(-1)
  if (first === undefined || last === undefined || line.length < 3) return line
  let farthest = 0
  let distance = 0
  for (const [index, point] of line.entries()) {
    if (index === 0 || index === line.length - 1) continue
    const away = distanceToSegmentM(point, first, last)
    if (away > distance) [farthest, distance] = [index, away]
  }
  if (distance <= toleranceM) return [first, last]
  const head = simplify(line.slice(0, farthest + 1), toleranceM)
  return [...head.slice(0, -1), ...simplify(line.slice(farthest), toleranceM)]
}

/** Pure. Coordinates cut to five decimals (about a metre), repeated points dropped. */
export function quantise(line: Line): Line {
  const rounded = line.map((point): Point => [Number(point[0].toFixed(5)), Number(point[1].toFixed(5))])
  return rounded.filter((point, index) => index === 0 || key(point) !== key(rounded[index - 1] ?? [0, 0]))
}

/** Pure. Joins pieces that touch end to end where exactly two of them meet, so that a street is one line with one label. */
export function join(pieces: readonly Line[]): readonly Line[] {
  const atEnd = new Map<string, Set<number>>()
  const lines: (Line | undefined)[] = pieces.map((piece) => piece)
  const ends = (line: Line): readonly [string, string] => [key(line[0] ?? [0, 0]), key(line.at(-1) ?? [0, 0])]
  const note = (index: number, line: Line): void => {
    for (const end of ends(line)) atEnd.set(end, (atEnd.get(end) ?? new Set()).add(index))
  }
  for (const [index, piece] of pieces.entries()) note(index, piece)
  for (let index = 0; index < lines.length; index++) {
    for (let grown = true; grown; ) {
      grown = false
      const line = lines[index]
      if (line === undefined) break
      for (const end of ends(line)) {
        const meeting = [...(atEnd.get(end) ?? [])]
        const other = meeting.find((candidate) => candidate !== index)
        const piece = other === undefined ? undefined : lines[other]
        if (meeting.length !== 2 || other === undefined || piece === undefined) continue
        const [start] = ends(line)
        const head = end === start ? [...line].reverse() : line
        const tail = ends(piece)[0] === end ? piece : [...piece].reverse()
        const joined = [...head, ...tail.slice(1)]
        for (const old of [...ends(line), ...ends(piece)]) {
          atEnd.get(old)?.delete(index)
          atEnd.get(old)?.delete(other)
        }
        lines[other] = undefined
        lines[index] = joined
        note(index, joined)
        grown = true
        break
      }
    }
  }
  return lines.filter((line) => line !== undefined)
}
