import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get } from '../api/api-client.ts'
import type { User } from '../api/session.ts'
import type { ZoneFeature, Zones } from '../api/zone.ts'
import { Small } from '../design/data-table.tsx'
import { Columns, Page, Panel } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayGivePermits } from '../session/rights.ts'
import { PermitsPanel } from './permits-panel.tsx'
import { ArchiveDialog, type Drawing, ZONES, ZoneDialog } from './zone-dialogs.tsx'
import type { Corner } from './zone-layer.ts'
import { ZonesMap } from './zones-map.tsx'

type Work = {
  readonly zone: ZoneFeature | null
  readonly drawing: Drawing | null
  readonly step: 'draw' | 'describe' | 'archive'
}

const begin = (shape: Drawing['shape'], zone: ZoneFeature | null): Work => ({
  zone,
  drawing: { shape, corners: [] },
  step: 'draw',
})

function DrawingTools(props: { readonly work: Work; readonly onWork: (work: Work | null) => void }): ReactNode {
  const { work, onWork } = props
  const { t } = useWords()
  const { drawing } = work
  if (drawing === null || work.step !== 'draw') return null
  const { shape, corners } = drawing
  return (
    <Group gap="xs" mt="sm" role="status">
      <Text size="sm">
        {shape === 'circle' ? t('zonePage.hintCircle') : t('zonePage.hintPolygon', { count: corners.length })}
      </Text>
      {shape === 'polygon' && (
        <>
          <Button
            size="xs"
            variant="default"
            disabled={corners.length === 0}
            onClick={() => onWork({ ...work, drawing: { shape, corners: corners.slice(0, -1) } })}
          >
            {t('zonePage.undo')}
          </Button>
          <Button size="xs" disabled={corners.length < 3} onClick={() => onWork({ ...work, step: 'describe' })}>
            {t('zonePage.next')}
          </Button>
        </>
      )}
      <Button size="xs" variant="default" onClick={() => onWork(null)}>
        {t('app.cancel')}
      </Button>
    </Group>
  )
}

function ZoneLine(props: {
  readonly zone: ZoneFeature
  readonly mayChange: boolean
  readonly onWork: (work: Work) => void
}): ReactNode {
  const { zone, mayChange, onWork } = props
  const { t, language } = useWords()
  const now = useNow(3600)
  const { name, kind, note, editable, changedAt, changedBy, circle } = zone.properties
  // The shipped zone has a name in every language of ours; drawn ones have the one they were given.
  const shipped = t(`zoneNames.${zone.id}`)
  return (
    <div>
      <Text size="sm" fw={600}>
        {shipped === `zoneNames.${zone.id}` ? name : shipped}
      </Text>
      <Text size="sm">{[t(`zonePage.kinds.${kind}`), note].filter((part) => part !== '').join(' · ')}</Text>
      <Small>
        {changedAt === null
          ? t('zonePage.shipped')
          : t('zonePage.by', { by: changedBy ?? '', at: sinceWords(Date.parse(changedAt), now, language) })}
      </Small>
      {editable && mayChange && (
        <Group gap={6} mt={4}>
          <Button size="compact-xs" variant="default" onClick={() => onWork({ zone, drawing: null, step: 'describe' })}>
            {t('zonePage.edit')}
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => onWork(begin(circle === null ? 'polygon' : 'circle', zone))}
          >
            {t('zonePage.redraw')}
          </Button>
          <Button size="compact-xs" variant="default" onClick={() => onWork({ zone, drawing: null, step: 'archive' })}>
            {t('zonePage.archive')}
          </Button>
        </Group>
      )}
    </div>
  )
}

/** Zones of all kinds on the map, drawing them, and permits to leave. */
export function ZonesPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const zones = useQuery({ queryKey: [ZONES, 'all'], queryFn: ({ signal }) => get<Zones>('/zones', signal) })
  const [work, setWork] = useState<Work | null>(null)
  const mayChange = mayGivePermits(user)
  const drawing = work?.drawing ?? null
  const isDrawing = work?.step === 'draw' && drawing !== null
  const click = (corner: Corner): void => {
    if (work === null || drawing === null) return
    const isCircle = drawing.shape === 'circle'
    const corners = isCircle ? [corner] : [...drawing.corners, corner]
    setWork({ ...work, drawing: { ...drawing, corners }, step: isCircle ? 'describe' : 'draw' })
  }
  const close = (): void => setWork(null)
  return (
    <Page
      title={t('zonePage.title')}
      lead={t('zonePage.lead')}
      actions={
        mayChange && (
          <>
            <Button variant="default" onClick={() => setWork(begin('circle', null))}>
              {t('zonePage.drawCircle')}
            </Button>
            <Button onClick={() => setWork(begin('polygon', null))}>{t('zonePage.drawPolygon')}</Button>
          </>
        )
      }
    >
      <Columns
        main={
          <div>
            <div style={{ height: 'min(62vh, 620px)', borderRadius: 12, overflow: 'hidden' }}>
              <ZonesMap zones={zones.data} corners={drawing?.corners ?? []} onClick={isDrawing ? click : null} />
            </div>
            {work !== null && <DrawingTools work={work} onWork={setWork} />}
          </div>
        }
        side={
          <>
            <Panel title={t('zonePage.zones')}>
              <QueryView query={zones}>
                {({ features }) => (
                  <Stack gap="md">
                    {features.map((zone) => (
                      <ZoneLine key={zone.id} zone={zone} mayChange={mayChange} onWork={setWork} />
                    ))}
                  </Stack>
                )}
              </QueryView>
            </Panel>
            <PermitsPanel user={user} />
          </>
        }
      />
      {work?.step === 'describe' && <ZoneDialog zone={work.zone} drawing={drawing} onClose={close} onSaved={close} />}
      {work?.step === 'archive' && work.zone !== null && <ArchiveDialog zone={work.zone} onClose={close} />}
    </Page>
  )
}
