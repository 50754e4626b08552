import type { ChannelName, Consent, Driver, DriverState, LegalForm } from '../api/leasing.ts'

export const LEGAL_FORMS: readonly LegalForm[] = ['self-employed', 'sole-trader', 'person']
export const OWN_STATES: readonly DriverState[] = ['candidate', 'active', 'paused', 'left']
export const CHANNELS: readonly ChannelName[] = ['max', 'sms', 'call', 'email']
export const CONSENTS: readonly Consent[] = ['given', 'refused', 'not-asked']

/** A card while it is being written. */
export type DriverDraft = {
  readonly familyName: string
  readonly givenName: string
  readonly patronymic: string
  readonly legalForm: LegalForm
  readonly state: DriverState
  readonly note: string
  readonly phones: readonly string[]
  readonly channels: readonly { readonly channel: ChannelName; readonly address: string; readonly consent: Consent }[]
  readonly refSource: string
  readonly refId: string
}

/** Pure. The main phone comes first. */
export const draftOf = (driver: Driver | null): DriverDraft => ({
  familyName: driver?.familyName ?? '',
  givenName: driver?.givenName ?? '',
  patronymic: driver?.patronymic ?? '',
  legalForm: driver?.legalForm ?? 'self-employed',
  state: driver?.state ?? 'active',
  note: driver?.note ?? '',
  phones:
    driver === null
      ? ['']
      : driver.phones.toSorted((one, other) => Number(other.main) - Number(one.main)).map(({ phone }) => phone ?? ''),
  channels:
    driver?.channels.map(({ channel, address, consent }) => ({ channel, address: address ?? '', consent })) ?? [],
  refSource: driver?.ref?.source ?? '',
  refId: driver?.ref?.externalId ?? '',
})

/** Pure. What the server is told; empty lines are left out. */
export function bodyOf(draft: DriverDraft): Readonly<Record<string, unknown>> {
  const { phones, channels, refSource, refId, ...plain } = draft
  return {
    ...plain,
    phones: phones.filter((phone) => phone.trim() !== '').map((phone, index) => ({ phone, main: index === 0 })),
    channels: channels.filter(({ address }) => address.trim() !== ''),
    ref: refSource.trim() === '' || refId.trim() === '' ? null : { source: refSource.trim(), externalId: refId.trim() },
  }
}

/** Pure. What was really changed: a field that the person sees the end of, or nothing, is not sent back as he sees it. */
export function changesOf(driver: Driver, draft: DriverDraft): Readonly<Record<string, unknown>> {
  const before = bodyOf(draftOf(driver))
  return Object.fromEntries(
    Object.entries(bodyOf(draft)).filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(before[field])),
  )
}

/** Pure. Whether enough has been written to be sent. */
export const isComplete = (draft: DriverDraft): boolean =>
  draft.familyName.trim() !== '' && draft.givenName.trim() !== '' && draft.phones.some((phone) => /\d/.test(phone))
