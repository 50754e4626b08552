import { Anchor, Button, Checkbox, NativeSelect, Text, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch, IconSend } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import { linesOf, pathWith, usePages } from '../api/lists.ts'
import type { User } from '../api/session.ts'
import { PAPER_KINDS, type PaperKind, type PaperLine } from '../api/upkeep.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { DownloadMenu } from '../design/download-menu.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Page, Tools } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { dayCount } from '../inspections/inspection-words.tsx'
import { calendarWords } from '../language/calendar.ts'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { mayEditPapers } from '../session/rights.ts'
import { plateWords } from '../vehicles/plate.ts'
import { SourceStates } from './paper-checks.tsx'
import { SendDialog } from './paper-dialogs.tsx'
import { PAPERS } from './paper-queries.ts'
import { PaperStateWord, paperLeftWords } from './paper-words.tsx'

const WITHIN = [1, 3, 7, 14, 30, 60, 90] as const
const keyOf = ({ vehicleId, kind }: Pick<PaperLine, 'vehicleId' | 'kind'>): string => `${vehicleId} ${kind}`

function Table(props: {
  readonly lines: readonly PaperLine[]
  readonly chosen: ReadonlySet<string>
  readonly onChoose: ((key: string) => void) | null
}): ReactNode {
  const { lines, chosen, onChoose } = props
  const { t, language } = useWords()
  const now = useNow(60)
  return (
    <DataTable
      label={t('paper.title')}
      rows={lines}
      keyOf={keyOf}
      columns={[
        ...(onChoose === null
          ? []
          : [
              {
                word: '',
                cell: (line: PaperLine) =>
                  line.renewal === null ? (
                    <Checkbox
                      aria-label={t('paper.choose', {
                        kind: t(`paper.kinds.${line.kind}`),
                        plate: plateWords(line.plate),
                      })}
                      checked={chosen.has(keyOf(line))}
                      onChange={() => onChoose(keyOf(line))}
                    />
                  ) : null,
              },
            ]),
        {
          word: t('paper.columns.vehicle'),
          plain: true,
          cell: ({ vehicleId, plate, model }) => (
            <>
              <Anchor component={Link} href={`/papers/${vehicleId}`} c="inherit" size="sm">
                <Plate plate={plate} />
              </Anchor>
              <Small>{model}</Small>
            </>
          ),
        },
        {
          word: t('paper.columns.kind'),
          cell: ({ kind, number }) => (
            <>
              {t(`paper.kinds.${kind}`)}
              {number !== null && <Small>{t('paper.numberOf', { number })}</Small>}
            </>
          ),
        },
        { word: t('paper.columns.state'), cell: ({ state }) => <PaperStateWord state={state} /> },
        {
          word: t('paper.columns.until'),
          cell: (line) =>
            line.validUntil === null ? null : (
              <>
                {calendarWords(line.validUntil, now, language)}
                <Small>{paperLeftWords(line, t, language)}</Small>
              </>
            ),
        },
        {
          word: t('paper.columns.renewal'),
          cell: ({ renewal }) =>
            renewal === null ? null : (
              <>
                {t('paper.sentAt', { at: sinceWords(Date.parse(renewal.sentAt), now, language) })}
                <Small>{renewal.sentBy}</Small>
              </>
            ),
        },
      ]}
    />
  )
}

/** Papers of the fleet by the day they end on; chosen ones are sent for renewal together. */
export function PapersPage({ user }: { readonly user: User }): ReactNode {
  const { t, language } = useWords()
  const [typed, setTyped] = useState('')
  const [kind, setKind] = useState<PaperKind | null>(null)
  const [endingWithinDays, setWithin] = useState<number | null>(null)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [sending, setSending] = useState(false)
  const [q] = useDebouncedValue(typed.trim(), 250)
  const papers = usePages<PaperLine>(PAPERS, '/papers', { q, kind, endingWithinDays })
  const isNarrowed = q !== '' || kind !== null || endingWithinDays !== null
  const lines = papers.data === undefined ? [] : linesOf(papers.data)
  const picked = lines.filter((line) => chosen.has(keyOf(line)))
  const toggle = (key: string): void => {
    const next = new Set(chosen)
    if (!next.delete(key)) next.add(key)
    setChosen(next)
  }
  return (
    <Page
      title={t('paper.title')}
      lead={t('paper.lead')}
      actions={
        mayEditPapers(user) && (
          <>
            <DownloadMenu
              label={t('paper.pack')}
              files={(['xlsx', 'csv'] as const).map((format) => ({
                name: format.toUpperCase(),
                path: pathWith('/papers/renewal-pack', { format, endingWithinDays }),
              }))}
            />
            {picked.length > 0 && (
              <Button leftSection={<IconSend size={16} />} onClick={() => setSending(true)}>
                {t('paper.sendCount', { count: picked.length })}
              </Button>
            )}
          </>
        )
      }
    >
      <Tools>
        <TextInput
          label={t('paper.search')}
          type="search"
          leftSection={<IconSearch size={16} />}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <NativeSelect
          label={t('paper.kind')}
          data={[
            { value: '', label: t('paper.anyKind') },
            ...PAPER_KINDS.map((one) => ({ value: one, label: t(`paper.kinds.${one}`) })),
          ]}
          value={kind ?? ''}
          onChange={(event) => setKind(PAPER_KINDS.find((one) => one === event.currentTarget.value) ?? null)}
        />
        <NativeSelect
          label={t('paper.within')}
          data={[
            { value: '', label: t('paper.withinAny') },
            ...WITHIN.map((days) => ({ value: String(days), label: dayCount(days, language) })),
          ]}
          value={endingWithinDays ?? ''}
          onChange={(event) => setWithin(event.currentTarget.value === '' ? null : Number(event.currentTarget.value))}
        />
      </Tools>
      <QueryView query={papers} loading={<Loading lines={6} height={44} />}>
        {() =>
          lines.length === 0 ? (
            <Text className="quiet">{t(isNarrowed ? 'paper.nothing' : 'paper.noVehicles')}</Text>
          ) : (
            <>
              <Table lines={lines} chosen={chosen} onChoose={mayEditPapers(user) ? toggle : null} />
              <MoreButton of={papers} />
            </>
          )
        }
      </QueryView>
      <SourceStates of="papers" />
      {sending && (
        <SendDialog
          lines={picked}
          onClose={() => setSending(false)}
          onSent={() => {
            setSending(false)
            setChosen(new Set())
          }}
        />
      )}
    </Page>
  )
}
