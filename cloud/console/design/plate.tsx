import type { ReactNode } from 'react'
import { plateParts } from '../vehicles/plate.ts'
import classes from './plate.module.css'

/** A plate as it stands on the car: series and region. Read out as one word. */
export function Plate({ plate, large = false }: { readonly plate: string; readonly large?: boolean }): ReactNode {
  const { series, region } = plateParts(plate)
  return (
    <span className={large ? `${classes['plate']} ${classes['large']}` : classes['plate']}>
      {series}
      {region !== '' && (
        <>
          {'\u00a0'}
          <span className={classes['region']}>{region}</span>
        </>
      )}
    </span>
  )
}
