import { escaped } from '../markup.ts'
import { createIsoTimes } from './iso-times.ts'
import type { PlacedFrame } from './span.ts'

/** A track as text, written piece by piece: nobody has to hold two months of it at once. */
export type TrackWriter = {
  readonly contentType: string
  readonly extension: 'csv' | 'gpx' | 'geojson'
  head(name: string): string
  /** One piece without gaps; `index` counts from 0. */
  piece(frames: readonly PlacedFrame[], index: number): string
  readonly tail: string
}
export const TRACK_FORMATS = ['csv', 'gpx', 'geojson'] as const
export type TrackFormat = (typeof TRACK_FORMATS)[number]

const iso = createIsoTimes()
const time = (frame: PlacedFrame): string => iso(frame.readAt)
const cell = (value: number | boolean | null): string => (value === null ? '' : String(value))

const COLUMNS = 'readAt,lat,lon,accuracyM,speedKmh,headingDeg,ignition,odometerKm,fix,trust,source,piece'

/** RFC 4180; a reading that was not there is an empty cell. */
const csv: TrackWriter = {
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  head: () => `${COLUMNS}\r\n`,
  piece: (frames, index) =>
    frames
      .map((frame) =>
        [
          time(frame),
          frame.lat,
          frame.lon,
          cell(frame.position?.accuracyM ?? null),
          cell(frame.speedKmh),
          cell(frame.headingDeg),
          cell(frame.ignition),
          cell(frame.odometerKm),
          frame.fix,
          frame.trust,
          frame.source,
          index + 1,
        ].join(','),
      )
      .map((line) => `${line}\r\n`)
      .join(''),
  tail: '',
}

/** GPX 1.1, one segment a piece. `fix` is `none`, `2d` or `3d` there too; what a receiver is not believed in is `cmt`. */
const gpx: TrackWriter = {
  contentType: 'application/gpx+xml; charset=utf-8',
  extension: 'gpx',
  head: (name) =>
    `<?xml version="1.0" encoding="UTF-8"?>\n<gpx version="1.1" creator="Kordon" xmlns="http://www.topografix.com/GPX/1/1">\n<trk><name>${escaped(name)}</name>\n`,
  piece: (frames) => `<trkseg>\n${frames.map(trackPoint).join('')}</trkseg>\n`,
  tail: '</trk>\n</gpx>\n',
}

function trackPoint(frame: PlacedFrame): string {
  const comment = frame.trust === 'ok' ? '' : `<cmt>${frame.trust}</cmt>`
  // Longitudes of GPX end before 180, and its decimals have no exponent, which a tenth of a millionth would be written with.
  const [lat, lon] = [decimal(frame.lat), decimal(frame.lon === 180 ? -180 : frame.lon)]
  return `<trkpt lat="${lat}" lon="${lon}"><time>${time(frame)}</time>${comment}<fix>${frame.fix}</fix></trkpt>\n`
}

const decimal = (degrees: number): string => (Math.abs(degrees) < 1e-6 ? '0' : String(degrees))

/**
 * RFC 7946: a feature for each piece, with the time and speed of every position beside it. A line over the antimeridian would be
 * drawn around the whole earth (3.1.9): it is cut there, and both features are of the same piece.
 */
const geojson: TrackWriter = {
  contentType: 'application/geo+json; charset=utf-8',
  extension: 'geojson',
  head: (name) => `{"type":"FeatureCollection","name":${JSON.stringify(name)},"features":[\n`,
  piece: (frames, index) =>
    `${index === 0 ? '' : ',\n'}${halvesOf(frames)
      .map((half) => JSON.stringify(featureOf(half, index)))
      .join(',\n')}`,
  tail: '\n]}\n',
}

function halvesOf(frames: readonly PlacedFrame[]): readonly (readonly PlacedFrame[])[] {
  const cuts = frames.flatMap(({ lon }, index) =>
    Math.abs(lon - (frames[index - 1]?.lon ?? lon)) > 180 ? [index] : [],
  )
  return [0, ...cuts].map((cut, half) => frames.slice(cut, cuts[half]))
}

function featureOf(frames: readonly PlacedFrame[], index: number) {
  const positions = frames.map(({ lat, lon }) => [lon, lat])
  const times = frames.map(time)
  // A line has two positions at least.
  const geometry =
    positions.length === 1
      ? { type: 'Point', coordinates: positions[0] }
      : { type: 'LineString', coordinates: positions }
  return {
    type: 'Feature',
    geometry,
    properties: {
      piece: index + 1,
      from: times[0],
      to: times.at(-1),
      trusted: frames.every(({ trust, fix }) => trust === 'ok' && fix !== 'none'),
      times,
      speedsKmh: frames.map(({ speedKmh }) => speedKmh),
    },
  }
}

/** Pure. The writer of a format. */
export const trackWriter = (format: TrackFormat): TrackWriter => ({ csv, gpx, geojson })[format]
