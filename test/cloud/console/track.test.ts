import { describe, expect, test } from 'vitest'
import type { TrackPoint } from '../../../cloud/console/api/track.ts'
import { trackBounds, trackFeatures } from '../../../cloud/console/map/track-feature.ts'
import { toCsv, toGeoJson, toGpx } from '../../../cloud/console/vehicles/track-export.ts'
import { stretchesOf, trustRuns } from '../../../cloud/console/vehicles/track-stretch.ts'

const START = Date.parse('2026-11-24T11:00:00Z')
const point = (seconds: number, lon: number, trust: TrackPoint['trust'] = 'ok'): TrackPoint => ({
  readAt: new Date(START + seconds * 1000).toISOString(),
  lat: 55.75,
  lon,
  speedKmh: seconds === 0 ? null : 40,
  headingDeg: 90,
  ignition: true,
  trust,
})
const DAY = [
  point(0, 37.6),
  point(60, 37.61),
  point(120, 37.2, 'suspect'),
  point(180, 37.62),
  point(900, 37.7),
  point(960, 37.71),
]

test('a silence of more than three minutes cuts the way in two', () => {
  expect(stretchesOf(DAY).map((stretch) => stretch.length)).toEqual([4, 2])
  expect(stretchesOf([])).toEqual([])
})

test('a doubtful stretch is a run of its own, and the line stays whole', () => {
  const runs = trustRuns(DAY.slice(0, 4))
  expect(runs.map(({ trusted, points }) => [trusted, points.length])).toEqual([
    [true, 3],
    [false, 2],
    [true, 1],
  ])
})

test('the map shows way, doubt, gap and both ends', () => {
  const kinds = trackFeatures(DAY).features.map(({ properties }) => properties?.['kind'])
  expect(kinds).toEqual(['way', 'doubt', 'gap', 'way', 'start', 'end'])
})

test('one spoofed point does not stretch the picture', () => {
  expect(trackBounds(DAY)).toEqual([
    [37.6, 55.75],
    [37.71, 55.75],
  ])
  expect(trackBounds([])).toBeNull()
})

describe('exports', () => {
  test('GPX has a segment a stretch and escapes the name', () => {
    const text = toGpx('А<1>&', stretchesOf(DAY))
    expect(text.match(/<trkseg>/g)).toHaveLength(2)
    expect(text.match(/<trkpt /g)).toHaveLength(6)
    expect(text).toContain('<name>А&#60;1&#62;&#38;</name>')
    expect(text).toContain('<trkpt lat="55.75" lon="37.6"><time>2026-11-24T11:00:00.000Z</time></trkpt>')
  })

  test('CSV has a row a point and empty cells for what was not said', () => {
    const rows = toCsv(DAY).split('\n')
    expect(rows[0]).toBe('readAt,lat,lon,speedKmh,headingDeg,ignition,trust')
    expect(rows[1]).toBe('2026-11-24T11:00:00.000Z,55.75,37.6,,90,true,ok')
    expect(rows).toHaveLength(8)
  })

  test('GeoJSON has a line a stretch with the moments of its vertices', () => {
    const { features } = JSON.parse(toGeoJson('А', stretchesOf(DAY)))
    expect(features.map((feature: { geometry: { type: string } }) => feature.geometry.type)).toEqual([
      'LineString',
      'LineString',
    ])
    expect(features[1].properties.times).toEqual(['2026-11-24T11:15:00.000Z', '2026-11-24T11:16:00.000Z'])
  })
})
