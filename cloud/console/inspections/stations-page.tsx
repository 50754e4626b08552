import { Anchor, Button, Chip, Group, NativeSelect, NumberInput, Stack, Text, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { post, remove } from '../api/api-client.ts'
import { useChange } from '../api/changes.ts'
import { serverNow } from '../api/server-clock.ts'
import type { User } from '../api/session.ts'
import type { Station } from '../api/upkeep.ts'
import { AskDialog } from '../design/ask-dialog.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { Page, Panel, Quiet } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { clockWords, moscowDay } from '../language/moment.ts'
import { mayPlanInspections } from '../session/rights.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'
import { STATIONS, useDayVisits, useStations } from './inspection-queries.ts'

const WEEK = [0, 1, 2, 3, 4, 5, 6] as const

function StationDialog({ onClose }: { readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const [draft, setDraft] = useState({
    name: '',
    address: '',
    boxes: 1,
    opens: '09:00',
    closes: '21:00',
    slotMinutes: 60,
    weekdays: [0, 1, 2, 3, 4, 5] as readonly number[],
  })
  const set = (change: Partial<typeof draft>): void => setDraft({ ...draft, ...change })
  const save = useChange(() => post<Station>('/inspection-stations', draft), {
    touches: [STATIONS],
    done: t('inspection.stationSaved'),
  })
  return (
    <AskDialog
      title={t('inspection.addStation')}
      submit={t('inspection.save')}
      change={save}
      ready={draft.name.trim() !== '' && draft.weekdays.length > 0 && draft.opens < draft.closes}
      onClose={onClose}
      onSubmit={() => save.mutate(undefined, { onSuccess: onClose })}
    >
      <TextInput
        label={t('inspection.stationName')}
        data-autofocus
        required
        maxLength={80}
        value={draft.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label={t('inspection.stationAddress')}
        maxLength={200}
        value={draft.address}
        onChange={(event) => set({ address: event.currentTarget.value })}
      />
      <Group grow align="flex-end">
        <NumberInput
          label={t('inspection.boxes')}
          min={1}
          max={100}
          allowDecimal={false}
          value={draft.boxes}
          onChange={(value) => set({ boxes: typeof value === 'number' ? value : 1 })}
        />
        <NumberInput
          label={t('inspection.slotMinutes')}
          min={15}
          max={480}
          step={15}
          allowDecimal={false}
          value={draft.slotMinutes}
          onChange={(value) => set({ slotMinutes: typeof value === 'number' ? value : 60 })}
        />
      </Group>
      <Group grow>
        <TextInput
          label={t('inspection.opens')}
          type="time"
          value={draft.opens}
          onChange={(event) => set({ opens: event.currentTarget.value })}
        />
        <TextInput
          label={t('inspection.closes')}
          type="time"
          value={draft.closes}
          onChange={(event) => set({ closes: event.currentTarget.value })}
        />
      </Group>
      <Stack gap={4}>
        <Text size="sm" fw={500}>
          {t('inspection.weekdays')}
        </Text>
        <Chip.Group
          multiple
          value={draft.weekdays.map(String)}
          onChange={(days: string[]) => set({ weekdays: days.map(Number).toSorted() })}
        >
          <Group gap={6}>
            {WEEK.map((day) => (
              <Chip key={day} value={String(day)} size="xs">
                {t(`lease.weekdays.d${day}`)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Stack>
    </AskDialog>
  )
}

function CloseDialog({ station, onClose }: { readonly station: Station; readonly onClose: () => void }): ReactNode {
  const { t } = useWords()
  const close = useChange(() => remove(`/inspection-stations/${encodeURIComponent(station.id)}`), {
    touches: [STATIONS],
    done: t('inspection.stationClosed'),
  })
  return (
    <AskDialog
      title={t('inspection.closeStationTitle', { name: station.name })}
      submit={t('inspection.closeStation')}
      heavy
      change={close}
      onClose={onClose}
      onSubmit={() => close.mutate(undefined, { onSuccess: onClose })}
    >
      {t('inspection.closeStationLead')}
    </AskDialog>
  )
}

function DayPanel({ stations }: { readonly stations: readonly Station[] }): ReactNode {
  const { t, language } = useWords()
  const [day, setDay] = useState(() => moscowDay(serverNow()))
  const [picked, setPicked] = useState(stations[0]?.id ?? '')
  const visits = useDayVisits(picked, day)
  const fleet = useFleet()
  return (
    <Panel title={t('inspection.dayVisits')}>
      <Group mb="sm">
        <NativeSelect
          label={t('inspection.station')}
          data={stations.map(({ id, name }) => ({ value: id, label: name }))}
          value={picked}
          onChange={(event) => setPicked(event.currentTarget.value)}
        />
        <TextInput
          label={t('inspection.day')}
          type="date"
          value={day}
          onChange={(event) => setDay(event.currentTarget.value)}
        />
      </Group>
      <QueryView query={visits}>
        {({ items }) => {
          if (items.length === 0) return <Quiet>{t('inspection.noDayVisits')}</Quiet>
          return items.map((visit) => (
            <Group key={visit.id} gap="sm" mb={6}>
              <span>{clockWords(Date.parse(visit.at), language)}</span>
              <Anchor component={Link} href={`/inspections/${visit.vehicleId}`} c="inherit">
                <Plate plate={fleet.data?.find(({ id }) => id === visit.vehicleId)?.plate ?? ''} />
              </Anchor>
              <span className="quiet">{t(`inspection.visitStates.${visit.state}`)}</span>
            </Group>
          ))
        }}
      </QueryView>
    </Panel>
  )
}

/** Stations, and who is booked there on a day. */
export function StationsPage({ user }: { readonly user: User }): ReactNode {
  const { t } = useWords()
  const stations = useStations()
  const [adding, setAdding] = useState(false)
  const [closing, setClosing] = useState<Station | null>(null)
  return (
    <Page
      back="/inspections"
      title={t('inspection.stations')}
      lead={t('inspection.stationsLead')}
      actions={
        mayPlanInspections(user) && (
          <Button leftSection={<IconPlus size={17} />} onClick={() => setAdding(true)}>
            {t('inspection.addStation')}
          </Button>
        )
      }
    >
      <QueryView query={stations} loading={<Loading lines={3} height={44} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t('inspection.noStations')}</Text>
          ) : (
            <Stack gap="md">
              <DataTable
                label={t('inspection.stations')}
                rows={items}
                keyOf={({ id }) => id}
                columns={[
                  {
                    word: t('inspection.stationName'),
                    plain: true,
                    cell: ({ name, address }) => (
                      <>
                        <strong style={{ fontWeight: 600 }}>{name}</strong>
                        <Small>{address}</Small>
                      </>
                    ),
                  },
                  { word: t('inspection.boxes'), cell: ({ boxes }) => String(boxes) },
                  {
                    word: t('inspection.weekdays'),
                    cell: ({ weekdays, opens, closes }) => (
                      <>
                        {weekdays.map((day) => t(`lease.weekdays.d${day}`)).join(', ')}
                        <Small>{t('inspection.hours', { opens, closes })}</Small>
                      </>
                    ),
                  },
                  { word: t('inspection.slotMinutes'), cell: ({ slotMinutes }) => String(slotMinutes) },
                  {
                    word: '',
                    end: true,
                    cell: (station) =>
                      mayPlanInspections(user) ? (
                        <Button size="compact-sm" variant="default" onClick={() => setClosing(station)}>
                          {t('inspection.closeStation')}
                        </Button>
                      ) : null,
                  },
                ]}
              />
              <DayPanel stations={items} />
            </Stack>
          )
        }
      </QueryView>
      {adding && <StationDialog onClose={() => setAdding(false)} />}
      {closing !== null && <CloseDialog station={closing} onClose={() => setClosing(null)} />}
    </Page>
  )
}
