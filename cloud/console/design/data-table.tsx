import type { ReactNode } from 'react'
import classes from './data-table.module.css'

export type Column<T> = {
  readonly word: string
  readonly cell: (row: T) => ReactNode
  /** Figures stand at the right. */
  readonly end?: boolean
  /** On a phone the word stands before the value, unless it says itself what it is. */
  readonly plain?: boolean
}

/** One thing a row; on a phone the rows become cards. `bare` stands inside a panel. */
export function DataTable<T>(props: {
  readonly label: string
  readonly columns: readonly Column<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly bare?: boolean
}): ReactNode {
  const { label, columns, rows, keyOf, bare = false } = props
  return (
    <div className={bare ? classes['bare'] : `panel ${classes['frame']}`}>
      <table className={classes['table']} aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ word, end }) => (
              <th key={word} scope="col" className={end === true ? classes['end'] : undefined}>
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ word, cell, end, plain }) => {
                const shown = cell(row)
                if (shown === null) return <td key={word} />
                return (
                  <td
                    key={word}
                    className={end === true ? classes['end'] : undefined}
                    data-label={plain === true || word === '' ? undefined : word}
                  >
                    <div className={classes['cell']}>{shown}</div>
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

export const Small = ({ children }: { readonly children: ReactNode }): ReactNode => (
  <div className={classes['small']}>{children}</div>
)
