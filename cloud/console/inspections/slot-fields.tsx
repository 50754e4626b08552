import { NativeSelect, Text, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { serverNow } from '../api/server-clock.ts'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { clockWords, dayAfter, moscowDay } from '../language/moment.ts'
import { useSlots, useStations } from './inspection-queries.ts'

export type ChosenSlot = { readonly stationId: string; readonly at: string }

/** A station, a day and one of the times that are free there. */
export function SlotFields(props: {
  readonly chosen: ChosenSlot | null
  readonly onChoose: (slot: ChosenSlot | null) => void
  /** Words for choosing no time, where that is possible. */
  readonly none?: string
}): ReactNode {
  const { chosen, onChoose, none } = props
  const { t, language } = useWords()
  const stations = useStations()
  const [picked, setPicked] = useState<string | null>(null)
  const [day, setDay] = useState(() => dayAfter(moscowDay(serverNow()), 1))
  const stationId = picked ?? stations.data?.items[0]?.id ?? null
  const slots = useSlots(stationId, day)
  if (stations.data?.items.length === 0) return <Text size="sm">{t('inspection.noStations')}</Text>
  return (
    <>
      <NativeSelect
        label={t('inspection.station')}
        data={(stations.data?.items ?? []).map(({ id, name, address }) => ({
          value: id,
          label: [name, address].filter((part) => part !== '').join(', '),
        }))}
        value={stationId ?? ''}
        onChange={(event) => {
          setPicked(event.currentTarget.value)
          onChoose(null)
        }}
      />
      <TextInput
        label={t('inspection.day')}
        type="date"
        value={day}
        onChange={(event) => {
          setDay(event.currentTarget.value)
          onChoose(null)
        }}
      />
      <QueryView query={slots}>
        {({ items }) => {
          const free = items.filter((slot) => slot.free > 0)
          if (free.length === 0) return <Text size="sm">{t('inspection.noSlots')}</Text>
          return (
            <NativeSelect
              label={t('inspection.slots')}
              data={[
                { value: '', label: none ?? '—' },
                ...free.map((slot) => ({
                  value: slot.at,
                  label: t('inspection.free', { time: clockWords(Date.parse(slot.at), language), count: slot.free }),
                })),
              ]}
              value={chosen?.at ?? ''}
              onChange={(event) => {
                const at = event.currentTarget.value
                onChoose(at === '' || stationId === null ? null : { stationId, at })
              }}
            />
          )
        }}
      </QueryView>
    </>
  )
}
