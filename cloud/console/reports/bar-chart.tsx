import type { ReactNode } from 'react'
import { useWords } from '../language/language.ts'
import classes from './bar-chart.module.css'
import { cellWords, figureOf, type Table } from './cell.ts'

const MOST = 20

/** Bars side by side, the figure beside each: what is less than nothing goes the other way. */
export function BarChart({
  table: { columns, rows, chart },
}: {
  readonly table: Pick<Table, 'columns' | 'rows' | 'chart'>
}): ReactNode {
  const { language } = useWords()
  if (chart === null) return null
  const label = columns.findIndex(({ id }) => id === chart.label)
  const value = columns.findIndex(({ id }) => id === chart.value)
  const bars = rows
    .map((cells, index) => ({ key: String(index), cells, figure: figureOf(cells[value] ?? null) }))
    .filter(({ figure }) => figure !== null)
    .slice(0, MOST)
  const most = Math.max(1, ...bars.map(({ figure }) => Math.abs(figure ?? 0)))
  return (
    <div className={classes['chart']}>
      {bars.map(({ key, cells, figure }) => (
        <div key={key} className={classes['row']}>
          <span className={classes['label']}>{cellWords(cells[label] ?? null, language, 0)}</span>
          <span className={classes['track']} aria-hidden="true">
            <span
              className={classes['bar']}
              data-below={(figure ?? 0) < 0 || undefined}
              style={{ width: `${(Math.abs(figure ?? 0) / most) * 100}%` }}
            />
          </span>
          <span className={classes['figure']}>{cellWords(cells[value] ?? null, language, 0)}</span>
        </div>
      ))}
    </div>
  )
}
