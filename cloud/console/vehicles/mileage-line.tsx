import { Skeleton } from '@mantine/core'
import { IconHourglass } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import type { Blank, LedgerRevision, Mileage, MileageGap, Missing } from '../api/track.ts'
import { Note } from '../design/note.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { clockWords, sinceWords } from '../language/moment.ts'
import { kmWords } from '../language/quantity.ts'
import { useNow } from '../live/now.ts'
import classes from './mileage-line.module.css'
import { useBlanks, useLedgerDay, useMileage } from './vehicle-queries.ts'

/** The cause of the blank that lies in the gap, if one does: a gap too short to be one has none. */
const causeOf = (gap: MileageGap, blanks: readonly Blank[]): Blank['cause'] | undefined =>
  blanks.find(({ from, to }) => Date.parse(from) < Date.parse(gap.to) && Date.parse(to) > Date.parse(gap.from))?.cause

function Gaps({ gaps, blanks }: { readonly gaps: Mileage['gaps']; readonly blanks: readonly Blank[] }): ReactNode {
  const { t, language } = useWords()
  if (gaps.length === 0) return <span className="quiet">{t('mileage.noGaps')}</span>
  return (
    <details className={classes['gaps']}>
      <summary>
        {t('mileage.gaps')}: {gaps.length}
      </summary>
      <ul>
        {gaps.map((gap) => {
          const ends = {
            from: clockWords(Date.parse(gap.from), language),
            to: clockWords(Date.parse(gap.to), language),
          }
          const cause = causeOf(gap, blanks)
          return (
            <li key={gap.from}>
              {gap.km === null
                ? t('mileage.gapUnknown', ends)
                : t('mileage.gap', { ...ends, km: kmWords(gap.km, language, 1) })}
              {cause !== undefined && <span className="quiet">, {t(`ledger.causes.${cause}`)}</span>}
            </li>
          )
        })}
      </ul>
    </details>
  )
}

function Kilometres({ mileage, km }: { readonly mileage: Mileage; readonly km: number | null }): ReactNode {
  const { t, language } = useWords()
  if (km === null) return <span className="quiet">{t('mileage.unknown')}</span>
  return (
    <span>
      <strong className={classes['km']} data-testid="mileage">
        {kmWords(km, language, 1)}
      </strong>{' '}
      <span className="quiet">
        {mileage.errorKm !== null && t('mileage.error', { km: kmWords(mileage.errorKm, language, 1) })}
        {mileage.source !== null && `, ${t(`mileage.${mileage.source}`)}`}
      </span>
    </span>
  )
}

/** Every value a closed day has had, when it was counted more than once: kept, with the reason. */
function Revisions({ revisions }: { readonly revisions: readonly LedgerRevision[] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  if (revisions.length < 2) return null
  return (
    <details className={classes['gaps']} data-testid="revisions">
      <summary>
        {t('ledger.revisions')}: {revisions.length - 1}
      </summary>
      <ul>
        {revisions.map(({ revision, mileage: { km }, reason, computedAt }) => (
          <li key={revision}>
            {t('ledger.revision', {
              at: sinceWords(Date.parse(computedAt), now, language),
              km: km === null ? t('mileage.unknown') : kmWords(km, language, 1),
              reason: t(`ledger.reasons.${reason}`),
            })}
          </li>
        ))}
      </ul>
    </details>
  )
}

/** What the gateway has made and nobody has received: a bill of that time may grow. Gone once it has come. */
function Awaited({ missing }: { readonly missing: readonly Missing[] }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const at = (moment: string): string => sinceWords(Date.parse(moment), now, language)
  return missing.map(({ records, from, to, since }) => (
    <Note key={`${since} ${to}`} tone="wait" icon={<IconHourglass size={17} />} testId="missing-records">
      {t('ledger.missing', {
        count: records,
        since: at(since),
        time:
          from === null
            ? t('ledger.missingBefore', { to: at(to) })
            : t('ledger.missingTime', { from: at(from), to: at(to) }),
      })}
    </Note>
  ))
}

type Props = {
  readonly vehicleId: string
  readonly day: string
  readonly growing: boolean
  /** Whether any position of the day is known: of a day without one nobody can say that the car stood. */
  readonly seen: boolean
}

/** «128,4 км ± 0,6 км, по одометру», every gap in it with its cause, and the values it had before. */
export function MileageLine({ vehicleId, day, growing, seen }: Props): ReactNode {
  const { t } = useWords()
  const mileage = useMileage(vehicleId, day, growing)
  const { items: blanks = [], missing = [] } = useBlanks(vehicleId, day, growing).data ?? {}
  const revisions = useLedgerDay(vehicleId, day).data?.items.flatMap((one) => one.revisions) ?? []
  return (
    <>
      <section className={classes['line']} aria-label={t('mileage.title')}>
        <QueryView query={mileage} loading={<Skeleton height={24} width={260} />}>
          {(known) => {
            const km = known.km === 0 && !seen && known.gaps.length === 0 ? null : known.km
            return (
              <>
                <Kilometres mileage={known} km={km} />
                {km !== null && <Gaps gaps={known.gaps} blanks={blanks} />}
                <Revisions revisions={revisions} />
              </>
            )
          }}
        </QueryView>
      </section>
      <Awaited missing={missing} />
    </>
  )
}
