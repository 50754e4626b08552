import { Anchor } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { DecisionLine } from '../api/rulebook.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { Plate } from '../design/plate.tsx'
import { ToneWord } from '../design/tone-word.tsx'
import { DriverName } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { useFleet } from '../vehicles/vehicle-queries.ts'

const TONE = { satisfied: 'wait', notSatisfied: 'good', unknown: 'unknown' } as const

function About({ line }: { readonly line: DecisionLine }): ReactNode {
  const plate = useFleet().data?.find(({ id }) => id === line.vehicleId)?.plate
  return (
    <>
      {line.vehicleId !== null && (
        <div>
          <Anchor component={Link} href={`/vehicles/${line.vehicleId}`} c="inherit" size="sm">
            <Plate plate={plate ?? line.vehicleId} />
          </Anchor>
        </div>
      )}
      {line.driverId !== null && (
        <Small>
          <DriverName id={line.driverId} />
        </Small>
      )}
      {line.vehicleId === null && line.driverId === null && line.subject}
    </>
  )
}

/** Decisions, one a row, each with its page to print. */
export function DecisionsTable({
  lines,
  bare = false,
}: {
  readonly lines: readonly DecisionLine[]
  readonly bare?: boolean
}): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  return (
    <DataTable
      label={t('rule.decisionsTitle')}
      bare={bare}
      rows={lines}
      keyOf={({ id }) => id}
      columns={[
        {
          word: t('rule.decisionColumns.rule'),
          plain: true,
          cell: ({ ruleId, title, version }) => (
            <>
              <Anchor component={Link} href={`/rules/${ruleId}`} c="inherit" size="sm">
                {title}
              </Anchor>
              <Small>{t('rule.version', { number: version })}</Small>
            </>
          ),
        },
        { word: t('rule.decisionColumns.at'), cell: ({ at }) => sinceWords(Date.parse(at), now, language) },
        { word: t('rule.decisionColumns.about'), cell: (line) => <About line={line} /> },
        {
          word: t('rule.decisionColumns.outcome'),
          cell: ({ outcome, mode }) => (
            <>
              <ToneWord tone={TONE[outcome]}>{t(`rule.outcomes.${outcome}`)}</ToneWord>
              <Small>{t(`rule.modes.${mode}`)}</Small>
            </>
          ),
        },
        {
          word: t('rule.decisionColumns.page'),
          cell: ({ id }) => (
            <Anchor href={`/api/decisions/${id}/print?lang=${language}`} target="_blank" rel="noopener" size="sm">
              <IconPrinter size={14} aria-hidden="true" style={{ verticalAlign: '-2px', marginRight: 4 }} />
              {t('rule.print')}
            </Anchor>
          ),
        },
      ]}
    />
  )
}
