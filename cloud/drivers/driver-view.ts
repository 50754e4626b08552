import { z } from 'zod'
import { Instant } from '#contract/instant.ts'
import { policyField } from '../http/field-mask.ts'
import { ParkId } from '../parks/park.ts'
import type { DriverRow, DriverSecretRow } from '../postgres/lease-tables.ts'
import { DriverChannel, DriverId, DriverState, fullName, LegalForm, shortName } from './driver.ts'
import type { DriverDetails } from './driver-store.ts'
import type { Phone } from './phone.ts'

/** The balance of a driver and when its source said so; null where none is known. */
export const BalanceView = z.strictObject({ kopecks: z.int(), asOf: Instant, source: z.string() })
export type BalanceView = z.infer<typeof BalanceView>

const PHONE = policyField('driver', 'phone')
const PASSPORT = policyField('driver', 'passport')
const LICENCE = policyField('driver', 'licence')

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
    phones: z.array(z.strictObject({ phone: z.string().nullable().meta(PHONE), main: z.boolean() })),
    channels: z.array(
      z.strictObject({
        channel: DriverChannel,
        /** Often a number too. */
        address: z.string().nullable().meta(PHONE),
        consent: z.enum(['given', 'refused', 'not-asked']),
        consentAt: Instant.nullable(),
      }),
    ),
    /** Under which name another system knows this driver; his balance comes from there. */
    ref: z.strictObject({ source: z.string(), externalId: z.string() }).nullable(),
    balance: BalanceView.nullable().meta(policyField('driver', 'balance')),
    note: z.string(),
    version: z.int(),
    createdAt: Instant,
  })
  .meta({ id: 'Driver' })
type Shown = z.infer<typeof DriverView>
/** Whole, as it is before it leaves by a route. */
export type DriverView = Omit<Shown, 'phones' | 'channels'> & {
  readonly phones: { readonly phone: Phone; readonly main: boolean }[]
  readonly channels: (Shown['channels'][number] & { readonly address: string })[]
}

/** What is protected of a driver, each field by the rights of who asks. */
export const DriverSecrets = z.strictObject({
  birthDate: z.iso.date().nullable().meta(policyField('driver', 'birthDate')),
  passportNumber: z.string().nullable().meta(PASSPORT),
  passportIssuedBy: z.string().nullable().meta(PASSPORT),
  passportIssuedOn: z.iso.date().nullable().meta(PASSPORT),
  licenceNumber: z.string().nullable().meta(LICENCE),
  licenceUntil: z.iso.date().nullable().meta(LICENCE),
  address: z.string().nullable().meta(policyField('driver', 'address')),
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
