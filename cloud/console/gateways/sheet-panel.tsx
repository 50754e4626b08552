import { Modal, Stack, Text, Title } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { get } from '../api/api-client.ts'
import type { CommissioningSheet, SheetPhoto } from '../api/commissioning.ts'
import type { Gateway } from '../api/gateway.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Facts } from '../design/facts.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import classes from './sheet-panel.module.css'

const pathOf = (id: string): string => `/gateways/${encodeURIComponent(id)}/commissioning`

/** Shown only after the server has held it against the digest that the gateway signed. */
function Photo({ id, photo }: { readonly id: string; readonly photo: SheetPhoto }): ReactNode {
  const { t, language } = useWords()
  const [state, setState] = useState<'asked' | 'shown' | 'refused'>('asked')
  const url = `/api${pathOf(id)}/photos/${photo.sha256}`
  const size = (photo.bytes / 1024 / 1024).toLocaleString(language, { maximumFractionDigits: 1 })
  const said = !photo.kept ? 'awaited' : state === 'refused' ? 'damaged' : state === 'shown' ? 'verified' : null
  return (
    <figure className={classes['photo']}>
      {photo.kept && state !== 'refused' && (
        <a href={url} target="_blank" rel="noreferrer">
          <img src={url} alt={photo.name} onLoad={() => setState('shown')} onError={() => setState('refused')} />
        </a>
      )}
      <figcaption>
        {photo.name}
        <Small>
          {t('sheet.megabytes', { size })}, {t(`sheet.location.${photo.location}`)}
        </Small>
        {said !== null && <Small>{t(`sheet.${said}`)}</Small>}
      </figcaption>
    </figure>
  )
}

function Photos({ id, photos }: { readonly id: string; readonly photos: readonly SheetPhoto[] }): ReactNode {
  const { t } = useWords()
  return (
    <section>
      <Title order={4}>{t('sheet.photos')}</Title>
      {photos.length === 0 && <Text className="quiet">{t('sheet.noPhotos')}</Text>}
      <div className={classes['photos']}>
        {photos.map((photo) => (
          <Photo key={`${photo.sha256} ${photo.name}`} id={id} photo={photo} />
        ))}
      </div>
    </section>
  )
}

function Sheet({ id, sheet }: { readonly id: string; readonly sheet: CommissioningSheet }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const { vin, plate } = sheet.vehicle
  return (
    <>
      <Facts
        facts={[
          { word: t('sheet.at'), value: momentWords(Date.parse(sheet.at), now, language) },
          { word: t('sheet.by'), value: sheet.by, note: sheet.note },
          {
            word: t('sheet.vehicle'),
            value: plate ?? vin ?? t('sheet.unread'),
            note: plate === null ? '' : (vin ?? ''),
          },
          { word: t('sheet.configuration'), value: t('sheet.version', { version: sheet.configuration }) },
          { word: t('sheet.software'), value: sheet.software },
        ]}
      />
      <DataTable
        bare
        label={t('sheet.stepsLabel')}
        rows={sheet.steps}
        keyOf={({ step }) => step}
        columns={[
          { word: t('sheet.columns.step'), cell: ({ step }) => t(`sheet.steps.${step}`) },
          {
            word: t('sheet.columns.outcome'),
            cell: ({ outcome, note }) => (
              <>
                {t(`sheet.outcomes.${outcome}`)}
                {note !== null && <Small>{note}</Small>}
              </>
            ),
          },
          { word: t('sheet.columns.facts'), cell: ({ facts }) => <Small>{facts.join('; ')}</Small> },
        ]}
      />
      <Photos id={id} photos={sheet.photos} />
    </>
  )
}

/** What the technician found and photographed, as the gateway signed it. */
export function SheetPanel(props: { readonly gateway: Gateway; readonly onClose: () => void }): ReactNode {
  const { gateway, onClose } = props
  const { t } = useWords()
  const found = useQuery({
    queryKey: ['gateway-sheet', gateway.id],
    queryFn: ({ signal }) => get<{ readonly sheet: CommissioningSheet | null }>(pathOf(gateway.id), signal),
  })
  return (
    <Modal
      opened
      centered
      size="lg"
      title={t('sheet.title', { id: gateway.id })}
      onClose={onClose}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack gap="md">
        <QueryView query={found} loading={<Loading lines={4} height={24} />}>
          {({ sheet }) =>
            sheet === null ? <Text className="quiet">{t('sheet.none')}</Text> : <Sheet id={gateway.id} sheet={sheet} />
          }
        </QueryView>
      </Stack>
    </Modal>
  )
}
