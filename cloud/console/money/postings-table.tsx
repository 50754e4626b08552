import { Anchor, Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Posting } from '../api/ledger.ts'
import { DataTable, Small } from '../design/data-table.tsx'
import { DriverName } from '../drivers/driver-select.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { changeWords } from '../language/money.ts'
import { useNow } from '../live/now.ts'
import { mayBeReversed, onBalance } from './posting.ts'
import { ReverseDialog } from './reverse-dialog.tsx'

/** Postings, newest first; `withDriver` where they are of many people. */
export function PostingsTable(props: {
  readonly postings: readonly Posting[]
  readonly withDriver: boolean
  readonly mayReverse: boolean
  readonly bare?: boolean
}): ReactNode {
  const { postings, withDriver, mayReverse, bare = false } = props
  const { t, language } = useWords()
  const now = useNow(60)
  const [reversing, setReversing] = useState<Posting | null>(null)
  const who = {
    word: t('money.columns.who'),
    cell: ({ driverId }: Posting) =>
      driverId === null ? null : (
        <Anchor component={Link} href={`/drivers/${driverId}`} size="sm" c="inherit">
          <DriverName id={driverId} />
        </Anchor>
      ),
  }
  return (
    <>
      <DataTable
        label={t('money.title')}
        bare={bare}
        rows={postings}
        keyOf={({ id }) => id}
        columns={[
          {
            word: t('money.columns.kind'),
            plain: true,
            cell: ({ kind, number }) => (
              <>
                <strong style={{ fontWeight: 600 }}>{t(`money.kinds.${kind}`)}</strong>
                <Small>{t('money.number', { number })}</Small>
              </>
            ),
          },
          { word: t('money.columns.at'), cell: ({ at }) => sinceWords(Date.parse(at), now, language) },
          ...(withDriver ? [who] : []),
          {
            word: t('money.columns.note'),
            cell: ({ note, by }) => (
              <>
                {note}
                <Small>{by}</Small>
              </>
            ),
          },
          {
            word: t('money.columns.sum'),
            end: true,
            cell: (posting) => {
              const kopecks = onBalance(posting)
              return kopecks === null ? (
                <span className="quiet">{t('money.notOnBalance')}</span>
              ) : (
                changeWords(kopecks, language)
              )
            },
          },
          ...(mayReverse
            ? [
                {
                  word: '',
                  end: true,
                  cell: (posting: Posting) =>
                    mayBeReversed(posting, postings) ? (
                      <Button size="compact-xs" variant="default" onClick={() => setReversing(posting)}>
                        {t('money.reverse')}
                      </Button>
                    ) : null,
                },
              ]
            : []),
        ]}
      />
      {reversing !== null && <ReverseDialog posting={reversing} onClose={() => setReversing(null)} />}
    </>
  )
}
