import type { RelayWord } from '#contract/frame.ts'
import type { Vehicle } from '../api/vehicle.ts'
import { type Tone, toneOf } from '../design/state-tone.ts'
import { ageWords, type Language, spanWords } from '../language/age.ts'
import type { Words } from '../language/language.ts'
import { speedWords } from '../language/quantity.ts'
import { zoneSideOf } from './fleet-filter.ts'
import { dataAgeMs, isStale, isWordStale, motionOf, positionTrust, presenceOf, wordAgeMs } from './presence.ts'

export type Speech = { readonly t: Words; readonly language: Language; readonly now: number }

/** «Едет 43 км/ч», «Стоит», or why that is not known. */
export function motionWords(vehicle: Vehicle, { t, language, now }: Speech): string {
  const motion = motionOf(vehicle, now)
  if (motion === 'moving') return t('vehicle.moving', { speed: speedWords(vehicle.lastKnown?.speedKmh ?? 0, language) })
  if (motion === 'standing') return t('vehicle.standing')
  return t('vehicle.motionUnknown')
}

/** «Данные 12 с назад», «Нет данных 47 мин», «Данных ещё не было». */
export function dataWords(vehicle: Vehicle, { t, language, now }: Speech): string {
  const age = dataAgeMs(vehicle, now)
  if (age === null) return t('vehicle.noData')
  if (isStale(vehicle, now)) return t('vehicle.noDataFor', { span: spanWords(age, language) })
  return t('vehicle.fresh', { age: ageWords(age, language) })
}

export const stateTone = (vehicle: Vehicle, now: number): Tone =>
  toneOf(vehicle.immobilizer.state, isWordStale(vehicle, now) ? 'stale' : 'fresh')

/** «Запуск разрешён», or «Запуск разрешён, 2 ч назад» when that word is old. */
export function stateWords(vehicle: Vehicle, { t, language, now }: Speech): string {
  const word = t(`immobilizer.${vehicle.immobilizer.state}`)
  const age = wordAgeMs(vehicle, now)
  return age === null || !isWordStale(vehicle, now) ? word : `${word}, ${ageWords(age, language)}`
}

/** How long the gateway has been silent, in ms; null when it is connected or never said anything. */
export function silenceMs(vehicle: Vehicle, now: number): number | null {
  if (presenceOf(vehicle) !== 'offline') return null
  const since = vehicle.gateway?.statusAt ?? vehicle.lastKnown?.readAt ?? null
  return since === null ? null : Math.max(0, now - Date.parse(since))
}

export function presenceWords(vehicle: Vehicle, { t, language, now }: Speech): string {
  if (vehicle.gateway === null) return t('vehicle.noGateway')
  const presence = presenceOf(vehicle)
  if (presence !== 'offline') return t(presence === 'online' ? 'vehicle.online' : 'vehicle.presenceUnknown')
  const silence = silenceMs(vehicle, now)
  return silence === null ? t('vehicle.offline') : t('vehicle.offlineFor', { span: spanWords(silence, language) })
}

/** The one remark about a position that must not be missed, or null when it is good. */
export function trustWords(vehicle: Vehicle, t: Words): string | null {
  if (vehicle.signalSuspect != null) return t('standing.suspectShort')
  if (vehicle.areaOutageSince != null) return t('standing.areaOutageShort')
  const trust = positionTrust(vehicle)
  if (trust === 'good') return null
  if (trust === 'none') return t('vehicle.positionNone')
  return t(trust === 'jammed' ? 'vehicle.positionJammed' : 'vehicle.positionSuspect')
}

export function zoneWords(vehicle: Vehicle, t: Words): string {
  const side = zoneSideOf(vehicle)
  if (side === 'unknown') return t('vehicle.zoneUnknown')
  return t(side === 'inside' ? 'vehicle.inside' : 'vehicle.outside')
}

export const zoneTone = (vehicle: Vehicle): Tone | null => (zoneSideOf(vehicle) === 'outside' ? 'stop' : null)

export function relayWords(relay: RelayWord, t: Words): string {
  if (relay === 'unknown') return t('app.unknown')
  return t(relay === 'open' ? 'vehicle.relayOpen' : 'vehicle.relayClosed')
}
