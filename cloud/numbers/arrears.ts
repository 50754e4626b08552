import type { DriverId } from '../drivers/driver.ts'
import { quantile } from './standing.ts'

/** What is known of a driver who has a running lease. */
export type Payer = {
  readonly driverId: DriverId
  /** Undefined when it is unknown or too old to trust. */
  readonly balanceKopecks: number | undefined
  /** What will be charged in the days ahead, together. */
  readonly aheadKopecks: number
  /** What came in on each of the days behind, days without anything as 0. */
  readonly creditsKopecks: readonly number[]
}

export type Expected = {
  readonly driverId: DriverId
  readonly expectedKopecks: number
  readonly p20Kopecks: number
  readonly p80Kopecks: number
}

export type ArrearsForecast = {
  readonly expectedKopecks: number
  readonly p20Kopecks: number
  readonly p80Kopecks: number
  readonly drivers: readonly Expected[]
  /** Of these nothing can be said. */
  readonly unknown: readonly DriverId[]
}

/**
 * Pure. The debt expected after `days` days: balance − what will be charged + so many days of the driver's median daily
 * credit. The band takes his 80th and 20th percentile of a day instead: all drivers paying well, or all badly.
 */
export function arrearsForecast(payers: readonly Payer[], days: number): ArrearsForecast {
  const debt = (payer: Payer, balance: number, share: number): number =>
    Math.max(0, -(balance - payer.aheadKopecks + days * (quantile(payer.creditsKopecks, share) ?? 0)))
  const drivers = payers.flatMap((payer): Expected[] => {
    const { driverId, balanceKopecks: balance } = payer
    if (balance === undefined) return []
    return [
      {
        driverId,
        expectedKopecks: debt(payer, balance, 0.5),
        p20Kopecks: debt(payer, balance, 0.8),
        p80Kopecks: debt(payer, balance, 0.2),
      },
    ]
  })
  const sum = (of: (one: Expected) => number): number => drivers.reduce((all, one) => all + of(one), 0)
  return {
    expectedKopecks: sum((one) => one.expectedKopecks),
    p20Kopecks: sum((one) => one.p20Kopecks),
    p80Kopecks: sum((one) => one.p80Kopecks),
    drivers,
    unknown: payers.flatMap(({ driverId, balanceKopecks }) => (balanceKopecks === undefined ? [driverId] : [])),
  }
}

/**
 * Pure. Whether a debt is older than the charges of the last days: payments count against the oldest debt first, so what
 * is below zero without the last days' charges was owed before them.
 */
export const isOldDebt = (balanceKopecks: number, chargedSinceKopecks: number): boolean =>
  balanceKopecks + chargedSinceKopecks < 0
