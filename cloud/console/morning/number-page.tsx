import { Anchor, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link, useSearchParams } from 'wouter'
import type { NumberItem } from '../api/morning.ts'
import { DataTable } from '../design/data-table.tsx'
import { Page } from '../design/page.tsx'
import { Plate } from '../design/plate.tsx'
import { Loading, QueryView } from '../design/query-view.tsx'
import { spanWords } from '../language/age.ts'
import { useWords } from '../language/language.ts'
import { moneyWords } from '../language/money.ts'
import { useNumberList } from './morning-queries.ts'

const MINUTE_MS = 60_000

/** The list behind one number of the morning, the largest first. */
export function NumberPage({ number }: { readonly number: string }): ReactNode {
  const { t, language } = useWords()
  const [search] = useSearchParams()
  const reason = search.get('reason')
  const days = Number(search.get('days') ?? '7')
  const list = useNumberList(number, Number.isInteger(days) ? days : 7, reason)
  const has = (items: readonly NumberItem[], field: 'vehicle' | 'driver' | 'kopecks' | 'minutes'): boolean =>
    items.some((item) => item[field] !== null)
  const said = (note: string): string => {
    // One code means other things in other lists: a driver is «unknown» for want of a balance, a car for want of a reason.
    const known = [`morning.notes.${number}.${note}`, `morning.reasons.${note}`].map((key) => [key, t(key)])
    return known.find(([key, words]) => key !== words)?.[1] ?? note
  }
  return (
    <Page
      back="/morning"
      title={t(`morning.list.${number}`, {
        reason: reason === null ? t('morning.allReasons') : t(`morning.reasons.${reason}`),
      })}
    >
      <QueryView query={list} loading={<Loading lines={6} height={40} />}>
        {({ items }) =>
          items.length === 0 ? (
            <Text className="quiet">{t('morning.listEmpty')}</Text>
          ) : (
            <DataTable
              label={t(`morning.list.${number}`, { reason: '' })}
              rows={items}
              keyOf={({ vehicle, driver, note, minutes }) => `${vehicle?.id} ${driver?.id} ${note} ${minutes}`}
              columns={[
                ...(has(items, 'vehicle')
                  ? [
                      {
                        word: t('morning.listColumns.vehicle'),
                        plain: true,
                        cell: ({ vehicle }: NumberItem) =>
                          vehicle === null ? null : (
                            <Anchor component={Link} href={`/vehicles/${vehicle.id}`} c="inherit" size="sm">
                              <Plate plate={vehicle.plate} />
                            </Anchor>
                          ),
                      },
                    ]
                  : []),
                ...(has(items, 'driver')
                  ? [
                      {
                        word: t('morning.listColumns.driver'),
                        cell: ({ driver }: NumberItem) =>
                          driver === null ? null : (
                            <Anchor component={Link} href={`/drivers/${driver.id}`} c="inherit" size="sm">
                              {driver.name}
                            </Anchor>
                          ),
                      },
                    ]
                  : []),
                {
                  word: t('morning.listColumns.note'),
                  cell: ({ note }: NumberItem) => (note === '' ? null : said(note)),
                },
                ...(has(items, 'minutes')
                  ? [
                      {
                        word: t('morning.listColumns.time'),
                        end: true,
                        cell: ({ minutes }: NumberItem) =>
                          minutes === null ? null : spanWords(minutes * MINUTE_MS, language),
                      },
                    ]
                  : []),
                ...(has(items, 'kopecks')
                  ? [
                      {
                        word: t('morning.listColumns.sum'),
                        end: true,
                        cell: ({ kopecks }: NumberItem) => (kopecks === null ? null : moneyWords(kopecks, language)),
                      },
                    ]
                  : []),
              ]}
            />
          )
        }
      </QueryView>
    </Page>
  )
}
