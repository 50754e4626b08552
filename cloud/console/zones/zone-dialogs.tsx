import { NativeSelect, NumberInput, Textarea, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { post, put, remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { DRAWN_KINDS, type DrawnKind, type ZoneFeature } from '../api/zone.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { useWords } from '../language/language.ts'
import type { Corner } from './zone-layer.ts'

export const ZONES = 'zones'

/** What was clicked on the map: corners of an area, or the middle of a circle. */
export type Drawing = { readonly shape: 'polygon' | 'circle'; readonly corners: readonly Corner[] }

const DEFAULT_RADIUS_M = 200

/** Name, kind and area of a zone; without a drawing the area stays as it is. */
export function ZoneDialog(props: {
  readonly zone: ZoneFeature | null
  readonly drawing: Drawing | null
  readonly onClose: () => void
  readonly onSaved: () => void
}): ReactNode {
  const { zone, drawing, onClose, onSaved } = props
  const { t } = useWords()
  const before = zone?.properties
  const [kind, setKind] = useState<DrawnKind>(before === undefined || before.kind === 'work' ? 'parking' : before.kind)
  const [name, setName] = useState(before?.name ?? '')
  const [note, setNote] = useState(before?.note ?? '')
  const [radiusM, setRadius] = useState<number | null>(before?.circle?.radiusM ?? DEFAULT_RADIUS_M)
  const [centre] = drawing?.corners ?? []
  const isCircle = drawing === null ? before?.circle != null : drawing.shape === 'circle'
  const area = (): object => {
    if (isCircle) {
      const [lon, lat] = centre ?? [before?.circle?.lon ?? 0, before?.circle?.lat ?? 0]
      return { circle: { lon, lat, radiusM } }
    }
    if (drawing === null) return { geometry: zone?.geometry }
    return {
      geometry: { type: 'Polygon', coordinates: [[...drawing.corners, ...(centre === undefined ? [] : [centre])]] },
    }
  }
  const save = useChange(
    () => {
      const wish = { kind, name: name.trim(), note: note.trim(), parkId: before?.parkId ?? null, ...area() }
      return zone === null ? post('/zones', wish) : put(`/zones/${zone.id}?version=${before?.version ?? 0}`, wish)
    },
    { touches: [ZONES], done: t('zonePage.saved') },
  )
  return (
    <AskDialog
      title={t(zone === null ? 'zonePage.newTitle' : 'zonePage.editTitle')}
      submit={t('zonePage.save')}
      change={save}
      ready={name.trim() !== '' && (!isCircle || radiusM !== null)}
      onClose={onClose}
      onSubmit={() => save.mutate(undefined, { onSuccess: onSaved })}
    >
      <TextInput
        label={t('zonePage.name')}
        required
        data-autofocus
        maxLength={120}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NativeSelect
        label={t('zonePage.kind')}
        data={DRAWN_KINDS.map((one) => ({ value: one, label: t(`zonePage.kinds.${one}`) }))}
        value={kind}
        onChange={(event) => setKind(DRAWN_KINDS.find((one) => one === event.currentTarget.value) ?? kind)}
      />
      {isCircle && (
        <NumberInput
          label={t('zonePage.radius')}
          min={15}
          max={200_000}
          allowDecimal={false}
          hideControls
          value={radiusM ?? ''}
          onChange={(value) => setRadius(typeof value === 'number' ? value : null)}
        />
      )}
      <Textarea
        label={t('zonePage.note')}
        maxLength={500}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </AskDialog>
  )
}

export function ArchiveDialog({
  zone,
  onClose,
}: {
  readonly zone: ZoneFeature
  readonly onClose: () => void
}): ReactNode {
  const { t } = useWords()
  const archive = useChange(() => remove(`/zones/${zone.id}?version=${zone.properties.version ?? 0}`), {
    touches: [ZONES],
    done: t('zonePage.archived'),
  })
  return (
    <AskDialog
      title={t('zonePage.archiveTitle', { name: zone.properties.name })}
      submit={t('zonePage.archive')}
      heavy
      change={archive}
      onClose={onClose}
      onSubmit={() => archive.mutate(undefined, { onSuccess: onClose })}
    >
      {t('zonePage.archiveLead')}
    </AskDialog>
  )
}
