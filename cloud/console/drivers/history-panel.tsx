import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { DriverStep } from '../api/leasing.ts'
import { linesOf, usePages } from '../api/lists.ts'
import { Small } from '../design/data-table.tsx'
import { MoreButton } from '../design/more-button.tsx'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords, type Words } from '../language/language.ts'
import { momentWords } from '../language/moment.ts'
import { useNow } from '../live/now.ts'
import { DRIVERS, driverPath } from './driver-queries.ts'

/** Fields whose values have words of their own. */
const VALUES: Readonly<Record<string, string>> = { legalForm: 'driver.forms', state: 'driver.states' }

/** Phones and channels are kept as one line of text, with words of the wire in it. */
const listWords = (line: string, t: Words): string =>
  line
    .replaceAll('(main)', `(${t('driver.mainPhone')})`)
    .replace(
      /\b(given|refused|not-asked)\b/g,
      (word) => `(${t('driver.consent').toLowerCase()}: ${t(`driver.consents.${word}`)})`,
    )
    .replace(/\b(max|sms|call|email)\b/g, (word) => t(`driver.channel.${word}`))

function changeLine({ field, from, to }: DriverStep['changes'][number], t: Words): string {
  const key = `driver.fields.${field}`
  const said = t(key)
  const name = said === key ? field : said
  if (from === undefined && to === undefined) return t('driver.changeHidden', { field: name })
  const shown = (value: string | undefined): string => {
    if (value === undefined || value === '') return t('driver.nothingThere')
    const group = VALUES[field]
    if (group === undefined) return listWords(value, t)
    const told = t(`${group}.${value}`)
    return told === `${group}.${value}` ? value : told
  }
  return t('driver.change', { field: name, from: shown(from), to: shown(to) })
}

/** Who changed what, newest first; protected fields without their values. */
export function HistoryPanel({ id }: { readonly id: string }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const steps = usePages<DriverStep>(DRIVERS, `${driverPath(id)}/history`, { limit: 20 })
  return (
    <Panel title={t('driver.history')}>
      <QueryView query={steps}>
        {(pages) => {
          const lines = linesOf(pages)
          if (lines.length === 0) return <Quiet>{t('driver.noHistory')}</Quiet>
          return (
            <>
              {lines.map((step) => (
                <div key={`${step.at} ${step.by}`} style={{ marginBottom: 10, overflowWrap: 'anywhere' }}>
                  {step.changes.map((change) => (
                    <Text key={change.field} size="sm">
                      {changeLine(change, t)}
                    </Text>
                  ))}
                  <Small>{`${momentWords(Date.parse(step.at), now, language)}, ${step.by}`}</Small>
                </div>
              ))}
              <MoreButton of={steps} />
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}
