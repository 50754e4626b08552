import { Anchor, Button, NativeSelect, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconBuildingWarehouse, IconSearch } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { linesOf, usePages } from '../api/lists.ts'
import { INSPECTION_STATES, type Inspection, type InspectionState } from '../api/upkeep.ts'
import { BigNumber } from '../design/big-number.tsx'
import { DataTable, Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { INSPECTIONS, type InspectionPage } from './inspection-queries.ts'
import { InspectionStateWord, leftWords, postponedWords } from './inspection-words.tsx'

function Table({ inspections }: { readonly inspections: readonly Inspection[] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  return (
    <DataTable
      label={t('inspection.title')}
      rows={inspections}
      keyOf={({ vehicleId }) => vehicleId}
      columns={[
        {
          word: t('inspection.columns.vehicle'),
          plain: true,
          cell: ({ vehicleId, plate, model }) => (
            <>
              <Anchor component={Link} href={`/inspections/${vehicleId}`} c="inherit" size="sm">
                <Plate plate={plate} />
              </Anchor>
              <Small>{model}</Small>
            </>
          ),
        },
        { word: t('inspection.columns.state'), cell: ({ state }) => <InspectionStateWord state={state} /> },
        {
          word: t('inspection.columns.left'),
          cell: (line) => leftWords(line, t, language).map((words) => <div key={words}>{words}</div>),
        },
        {
          word: t('inspection.columns.forecast'),
          cell: ({ forecastOn }) => (forecastOn === null ? t('app.unknown') : calendarWords(forecastOn, now, language)),
        },
        { word: t('inspection.columns.postponed'), cell: ({ postponed }) => postponedWords(postponed, t) },
        {
          word: t('inspection.columns.visit'),
          cell: ({ visit }) =>
            visit === null ? (
              <span className="quiet">{t('inspection.notBooked')}</span>
            ) : (
              <>
                {sinceWords(Date.parse(visit.at), now, language)}
                <Small>{visit.station}</Small>
              </>
            ),
        },
      ]}
    />
  )
}

/** Inspections of the fleet, what presses most first, and how many are overdue. */
export function InspectionsPage(): ReactNode {
  const { t } = useWords()
  const [typed, setTyped] = useState('')
  const [state, setState] = useState<InspectionState | null>(null)
  const [q] = useDebouncedValue(typed.trim(), 250)
  const inspections = usePages<Inspection, InspectionPage>(INSPECTIONS, '/inspections', { q, state })
  const overdue = inspections.data?.pages[0]?.overdue
  return (
    <Page
      title={t('inspection.title')}
      lead={t('inspection.lead')}
      actions={
        <Button
          component={Link}
          href="/inspections/stations"
          variant="default"
          leftSection={<IconBuildingWarehouse size={16} />}
        >
          {t('inspection.stations')}
        </Button>
      }
    >
      <Tools>
        {overdue !== undefined && (
          <BigNumber
            word={t('inspection.overdue')}
            value={String(overdue)}
            note={t('inspection.overdueGoal')}
            tone={overdue === 0 ? 'good' : 'stop'}
          />
        )}
        <TextInput
          label={t('inspection.search')}
          type="search"
          leftSection={<IconSearch size={16} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('inspection.state')}
          data={[
            { value: '', label: t('inspection.anyState') },
            ...INSPECTION_STATES.map((one) => ({ value: one, label: t(`inspection.states.${one}`) })),
          ]}
          value={state ?? ''}
          onChange={(event) => setState(INSPECTION_STATES.find((one) => one === event.currentTarget.value) ?? null)}
        />
      </Tools>
      <QueryView query={inspections} loading={<Loading lines={6} height={44} />}>
        {(pages) => {
          const found = linesOf(pages)
          if (found.length === 0)
            return (
              <Text className="quiet">{t(q !== '' || state !== null ? 'inspection.nothing' : 'inspection.empty')}</Text>
            )
          return (
            <>
              <Table inspections={found} />
              <MoreButton of={inspections} />
            </>
          )
        }}
      </QueryView>
    </Page>
  )
}
