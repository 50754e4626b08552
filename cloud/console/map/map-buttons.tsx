import { ActionIcon } from '@mantine/core'
import { IconMinus, IconPlus } from '@tabler/icons-react'
import type { Map as MapLibreMap } from 'maplibre-gl'
import type { ReactNode } from 'react'
import { useWords } from '../language/language.ts'
import classes from './map-canvas.module.css'

/** Larger targets than the library's own, and in the page's language. */
export function MapButtons({ map }: { readonly map: MapLibreMap }): ReactNode {
  const { t } = useWords()
  return (
    <ActionIcon.Group orientation="vertical" className={classes['buttons'] ?? ''}>
      <ActionIcon variant="default" size={34} aria-label={t('map.zoomIn')} onClick={() => map.zoomIn()}>
        <IconPlus size={17} />
      </ActionIcon>
      <ActionIcon variant="default" size={34} aria-label={t('map.zoomOut')} onClick={() => map.zoomOut()}>
        <IconMinus size={17} />
      </ActionIcon>
    </ActionIcon.Group>
  )
}
