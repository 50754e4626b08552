import type { TrackPoint } from '../api/track.ts'

const escapeXml = (text: string): string => text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** Pure. GPX 1.1, speed in m/s as its extension asks; one segment per stretch without a gap. */
export function toGpx(name: string, stretches: readonly (readonly TrackPoint[])[]): string {
  const segments = stretches.map((points) => {
    const rows = points.map(
      (point) => `      <trkpt lat="${point.lat}" lon="${point.lon}"><time>${point.readAt}</time></trkpt>`,
    )
    return `    <trkseg>\n${rows.join('\n')}\n    </trkseg>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<gpx version="1.1" creator="Kordon" xmlns="http://www.topografix.com/GPX/1/1">',
    `  <trk>\n    <name>${escapeXml(name)}</name>\n${segments.join('\n')}\n  </trk>`,
    '</gpx>',
    '',
  ].join('\n')
}

/** Pure. One row a point, empty cell where the car did not say. */
export function toCsv(points: readonly TrackPoint[]): string {
  const rows = points.map((point) =>
    [
      point.readAt,
      point.lat,
      point.lon,
      point.speedKmh ?? '',
      point.headingDeg ?? '',
      point.ignition ?? '',
      point.trust,
    ].join(','),
  )
  return `${['readAt,lat,lon,speedKmh,headingDeg,ignition,trust', ...rows].join('\n')}\n`
}

/** Pure. One LineString feature per stretch, with the moments of its vertices. */
export function toGeoJson(name: string, stretches: readonly (readonly TrackPoint[])[]): string {
  const features = stretches.map((points) => ({
    type: 'Feature',
    properties: { name, times: points.map((point) => point.readAt), speedsKmh: points.map((point) => point.speedKmh) },
    geometry:
      points.length === 1
        ? { type: 'Point', coordinates: [points[0]?.lon, points[0]?.lat] }
        : { type: 'LineString', coordinates: points.map((point) => [point.lon, point.lat]) },
  }))
  return JSON.stringify({ type: 'FeatureCollection', features })
}
