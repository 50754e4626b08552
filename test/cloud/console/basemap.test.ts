import { readFileSync, statSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { basemapStyle } from '../../../cloud/console/map/basemap-style.ts'
import { PALETTE } from '../../../cloud/console/map/palette.ts'
import { join, type Line, quantise, simplify } from '../../../cloud/console/map-data/line.ts'

const FOLDER = new URL('../../../cloud/console/public/map/', import.meta.url)
const style = basemapStyle(PALETTE.light, 'https://kordon.example')
const files = Object.values(style.sources).map((source) =>
  'data' in source && typeof source.data === 'string' ? source.data : '',
)

describe('the basemap', () => {
  test('comes from our own address and names no glyph or sprite server', () => {
    for (const file of files) expect(file).toMatch(/^https:\/\/kordon\.example\/map\/[a-z]+\.geojson$/)
    expect(style.glyphs).toBeUndefined()
    expect(style.sprite).toBeUndefined()
  })

  test('weighs less than 1.5 MB compressed, and every file names its source', () => {
    const sizes = files.map((file) => {
      const text = readFileSync(new URL(file.split('/').at(-1) ?? '', FOLDER))
      expect(JSON.parse(text.toString()).attribution).toMatch(/OpenStreetMap|Natural Earth/)
      return gzipSync(text).length
    })
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_500_000)
    expect(statSync(FOLDER).isDirectory()).toBe(true)
  })
})

describe('making its lines', () => {
  test('a point nearer than the tolerance is left out, a farther one stays', () => {
    const near: Line = [
      [37.6, 55.7],
      [37.61, 55.70001],
      [37.62, 55.7],
    ]
    const far: Line = [
      [37.6, 55.7],
      [37.61, 55.701],
      [37.62, 55.7],
    ]
    expect(simplify(near, 5)).toHaveLength(2)
    expect(simplify(far, 5)).toHaveLength(3)
  })

  test('pieces of a street that meet become one line, whichever way they were drawn; a fork stays a fork', () => {
    const pieces: Line[] = [
      [
        [1, 1],
        [2, 2],
      ],
      [
        [3, 3],
        [2, 2],
      ],
      [
        [3, 3],
        [4, 4],
      ],
    ]
    expect(join(pieces)).toEqual([
      [
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ],
    ])
    expect(
      join([
        ...pieces,
        [
          [2, 2],
          [9, 9],
        ],
      ]),
    ).toHaveLength(3)
  })

  test('coordinates are cut to about a metre and repeated ones dropped', () => {
    expect(
      quantise([
        [37.6000001, 55.7],
        [37.6000002, 55.7],
        [37.61, 55.7],
      ]),
    ).toEqual([
      [37.6, 55.7],
      [37.61, 55.7],
    ])
  })
})
