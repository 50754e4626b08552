import { Group, Loader, Slider, Text } from '@mantine/core'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import type { Track, TrackPoint } from '../api/track.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { DownloadMenu } from '../design/download-menu.tsx'
import { Failed } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { moscowDay, secondWords } from '../language/moment.ts'
import { speedWords } from '../language/quantity.ts'
import { useNow } from '../live/now.ts'
import { TrackMap } from '../map/track-map.tsx'
import { DayPicker } from './day-picker.tsx'
import { growTail } from './live-tail.ts'
import { MileageLine } from './mileage-line.tsx'
import classes from './track-panel.module.css'
import { rangeOf, useTrack } from './vehicle-queries.ts'

/** Made by the server: every position of the day, also where the screen shows fewer. */
const TRACK_FILES = [
  ['GPX', 'gpx'],
  ['CSV', 'csv'],
  ['GeoJSON', 'geojson'],
] as const
const NO_POINTS: readonly TrackPoint[] = []

/** What the car said since its track was last read, so that the line ends where the car is. */
function useTail(vehicle: Vehicle, known: readonly TrackPoint[]): readonly TrackPoint[] {
  const [tail, setTail] = useState(NO_POINTS)
  useEffect(() => setTail((before) => growTail(before, vehicle, known)), [vehicle, known])
  return tail
}

function MomentWords({ point }: { readonly point: TrackPoint }): ReactNode {
  const { t, language } = useWords()
  const words = [
    secondWords(Date.parse(point.readAt), language),
    ...(point.speedKmh === null ? [] : [speedWords(point.speedKmh, language)]),
    ...(point.trust === 'ok' ? [] : [t('vehicle.positionSuspect')]),
  ]
  return (
    <Text size="sm" data-testid="moment">
      {words.join(' · ')}
    </Text>
  )
}

function TrackWords({ track }: { readonly track: Track }): ReactNode {
  const { t } = useWords()
  if (track.total === 0) return t('track.empty')
  const shown = track.points.length
  return track.downsampled ? t('track.downsampled', { shown, total: track.total }) : t('track.points', { count: shown })
}

/** The way of one day: map, mileage, a slider over the moments, and the export. */
export function TrackPanel({ vehicle }: { readonly vehicle: Vehicle }): ReactNode {
  const { t } = useWords()
  const today = moscowDay(useNow(30))
  const [day, setDay] = useState(today)
  const [index, setIndex] = useState<number | null>(null)
  const track = useTrack(vehicle.id, day, day === today)
  const known = track.data?.points ?? NO_POINTS
  const tail = useTail(vehicle, known)
  const points = useMemo(() => (day === today ? [...known, ...tail] : known), [day, today, known, tail])
  const moment = index === null ? null : (points[Math.min(index, points.length - 1)] ?? null)
  const pick = (next: string): void => {
    setDay(next)
    setIndex(null)
  }
  return (
    <section className="panel" aria-labelledby="track-title">
      <div className={classes['head']}>
        <h2 id="track-title" className={classes['title']}>
          {t('track.title')}
        </h2>
        <DayPicker day={day} today={today} onPick={pick} />
        <DownloadMenu
          label={t('track.export')}
          files={TRACK_FILES.map(([name, ending]) => ({
            name,
            path: `/vehicles/${vehicle.id}/track.${ending}?${rangeOf(day)}`,
          }))}
        />
      </div>
      <MileageLine
        vehicleId={vehicle.id}
        day={day}
        growing={day === today}
        seen={track.isPlaceholderData || track.data?.total !== 0}
      />
      <div className={classes['map']}>
        <TrackMap vehicle={vehicle} points={points} withCar={day === today} moment={moment} day={day} />
      </div>
      {track.error !== null && track.data === undefined && (
        <Failed error={track.error} retry={() => void track.refetch()} />
      )}
      {points.length > 1 && (
        <Slider
          thumbLabel={t('track.moment')}
          thumbSize={20}
          size="sm"
          min={0}
          max={points.length - 1}
          value={index ?? points.length - 1}
          onChange={setIndex}
          label={null}
        />
      )}
      <Group justify="space-between" gap="xs">
        <Text size="sm" className="quiet">
          {(track.data === undefined && track.error === null) || track.isPlaceholderData ? <Loader size="xs" /> : null}
          {track.data !== undefined && !track.isPlaceholderData && <TrackWords track={track.data} />}
        </Text>
        {moment !== null && <MomentWords point={moment} />}
      </Group>
    </section>
  )
}
