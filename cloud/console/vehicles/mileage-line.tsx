import { Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Mileage } from '../api/track.ts'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { clockWords } from '../language/moment.ts'
import { kmWords } from '../language/quantity.ts'
import classes from './mileage-line.module.css'
import { useMileage } from './vehicle-queries.ts'

function Gaps({ gaps }: { readonly gaps: Mileage['gaps'] }): ReactNode {
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
          return (
            <li key={gap.from}>
              {gap.km === null
                ? t('mileage.gapUnknown', ends)
                : t('mileage.gap', { ...ends, km: kmWords(gap.km, language, 1) })}
            </li>
          )
        })}
      </ul>
    </details>
  )
}

function Kilometres({ mileage }: { readonly mileage: Mileage }): ReactNode {
  const { t, language } = useWords()
  if (mileage.km === null) return <span className="quiet">{t('mileage.unknown')}</span>
  return (
    <span>
      <strong className={classes['km']} data-testid="mileage">
        {kmWords(mileage.km, language, 1)}
      </strong>{' '}
      <span className="quiet">
        {mileage.errorKm !== null && t('mileage.error', { km: kmWords(mileage.errorKm, language, 1) })}
        {mileage.source !== null && `, ${t(`mileage.${mileage.source}`)}`}
      </span>
    </span>
  )
}

type Props = { readonly vehicleId: string; readonly day: string; readonly growing: boolean }

/** «128,4 км ± 0,6 км, по одометру», and every gap in it. */
export function MileageLine({ vehicleId, day, growing }: Props): ReactNode {
  const { t } = useWords()
  const mileage = useMileage(vehicleId, day, growing)
  return (
    <section className={classes['line']} aria-label={t('mileage.title')}>
      <QueryView query={mileage} loading={<Skeleton height={24} width={260} />}>
        {(known) => (
          <>
            <Kilometres mileage={known} />
            {known.km !== null && <Gaps gaps={known.gaps} />}
          </>
        )}
      </QueryView>
    </section>
  )
}
