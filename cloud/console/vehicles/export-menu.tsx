import { Button, Menu } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { TrackPoint } from '../api/track.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { plateKey, plateWords } from './plate.ts'
import { toCsv, toGeoJson, toGpx } from './track-export.ts'
import { stretchesOf } from './track-stretch.ts'

type Form = 'gpx' | 'csv' | 'geojson'
const TYPES: Readonly<Record<Form, string>> = {
  gpx: 'application/gpx+xml',
  csv: 'text/csv',
  geojson: 'application/geo+json',
}

function textOf(form: Form, name: string, points: readonly TrackPoint[]): string {
  if (form === 'csv') return toCsv(points)
  return form === 'gpx' ? toGpx(name, stretchesOf(points)) : toGeoJson(name, stretchesOf(points))
}

function save(fileName: string, type: string, content: string): void {
  const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }))
  const link = document.createElement('a')
  link.href = address
  link.download = fileName
  link.click()
  URL.revokeObjectURL(address)
}

type Props = { readonly vehicle: Vehicle; readonly day: string; readonly points: readonly TrackPoint[] }

/** The track on screen as a file; made in the browser from the points it already has. */
export function ExportMenu({ vehicle, day, points }: Props): ReactNode {
  const { t } = useWords()
  const give = (form: Form): void =>
    save(
      `${plateKey(vehicle.plate)}-${day}.${form}`,
      TYPES[form],
      textOf(form, `${plateWords(vehicle.plate)} ${day}`, points),
    )
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<IconDownload size={15} />} disabled={points.length === 0}>
          {t('track.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => give('gpx')}>GPX</Menu.Item>
        <Menu.Item onClick={() => give('csv')}>CSV</Menu.Item>
        <Menu.Item onClick={() => give('geojson')}>GeoJSON</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
