import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { ParkId } from '../parks/park.ts'
import type { DriverRow, DriverSecretRow } from '../postgres/lease-tables.ts'
import { DriverChannel, DriverId, DriverState, fullName, LegalForm, shortName } from './driver.ts'
import type { DriverDetails } from './driver-store.ts'
import { Phone } from './phone.ts'

/** The balance of a driver and when its source said so; null where none is known. */
export const BalanceView = z.strictObject({ kopecks: z.int(), asOf: Instant, source: z.string() })
export type BalanceView = z.infer<typeof BalanceView>

/** A driver as REST shows him to whoever may see drivers; passport and licence are elsewhere. */
export const DriverView = z
  .strictObject({
    id: DriverId,
    parkId: ParkId,
    fullName: z.string(),
    shortName: z.string(),
    familyName: z.string(),
    givenName: z.string(),
    patronymic: z.string(),
    legalForm: LegalForm,
    state: z.enum([...DriverState.options, 'merged']),
    mergedInto: DriverId.nullable(),
    phones: z.array(z.strictObject({ phone: Phone, main: z.boolean() })),
    channels: z.array(
      z.strictObject({
        channel: DriverChannel,
        address: z.string(),
        consent: z.enum(['given', 'refused', 'not-asked']),
        consentAt: Instant.nullable(),
      }),
    ),
    /** Under which name another system knows this driver; his balance comes from there. */
    ref: z.strictObject({ source: z.string(), externalId: z.string() }).nullable(),
    balance: BalanceView.nullable(),
    note: z.string(),
    version: z.int(),
    createdAt: Instant,
  })
  .meta({ id: 'Driver' })
export type DriverView = z.infer<typeof DriverView>

/** What is protected of a driver: for the security service and the owner. */
export const DriverSecrets = z.strictObject({
  birthDate: z.iso.date().nullable(),
  passportNumber: z.string().nullable(),
  passportIssuedBy: z.string().nullable(),
  passportIssuedOn: z.iso.date().nullable(),
  licenceNumber: z.string().nullable(),
  licenceUntil: z.iso.date().nullable(),
  address: z.string().nullable(),
})
export type DriverSecrets = z.infer<typeof DriverSecrets>

export const NO_SECRETS: DriverSecrets = {
  birthDate: null,
  passportNumber: null,
  passportIssuedBy: null,
  passportIssuedOn: null,
  licenceNumber: null,
  licenceUntil: null,
  address: null,
}

/** Pure. */
export function driverView(row: DriverRow, details: DriverDetails, balance: BalanceView | undefined): DriverView {
  const ref = details.refs.find(({ driverId }) => driverId === row.id)
  return {
    id: row.id,
    parkId: row.parkId,
    fullName: fullName(row),
    shortName: shortName(row),
    familyName: row.familyName,
    givenName: row.givenName,
    patronymic: row.patronymic,
    legalForm: row.legalForm,
    state: row.state,
    mergedInto: row.mergedInto,
    phones: details.phones.flatMap(({ driverId, phone, main }) => (driverId === row.id ? [{ phone, main }] : [])),
    channels: details.channels.flatMap(({ driverId, ...channel }) => (driverId === row.id ? [channel] : [])),
    ref: ref === undefined ? null : { source: ref.source, externalId: ref.externalId },
    balance: balance === undefined ? null : { kopecks: balance.kopecks, asOf: balance.asOf, source: balance.source },
    note: row.note,
    version: row.version,
    createdAt: row.createdAt,
  }
}

/** Pure. */
export function secretsOf(row: DriverSecretRow | undefined): DriverSecrets {
  if (row === undefined) return NO_SECRETS
  const { driverId: _, changedAt: __, erasedAt: ___, ...secrets } = row
  return secrets
}
