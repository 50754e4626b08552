import type { Hold, Vehicle } from '../api/vehicle.ts'
import { spanWords } from '../language/age.ts'
import { sinceWords } from '../language/moment.ts'
import { speedWords } from '../language/quantity.ts'
import { motionOf } from '../vehicles/presence.ts'
import { type Speech, silenceMs } from '../vehicles/vehicle-words.ts'

/** Pure. The holds that stand, oldest first. */
export const standing = (holds: readonly Hold[]): readonly Hold[] =>
  holds.filter((hold) => hold.liftedAt === null).toSorted((a, b) => Date.parse(a.placedAt) - Date.parse(b.placedAt))

/** «вне зоны с 14:20, баланс с 13:05»: every hold by name, so that none is forgotten. */
export const holdsWords = (holds: readonly Hold[], { t, language, now }: Speech): string =>
  holds
    .map((hold) =>
      t('hold.sinceReason', {
        reason: t(`hold.reasons.${hold.reason}`),
        at: sinceWords(Date.parse(hold.placedAt), now, language),
      }),
    )
    .join(', ')

/** What blocking this car now would truly do, by what the car last said. */
export function confirmWords(vehicle: Vehicle, { t, language, now }: Speech): string {
  const silence = silenceMs(vehicle, now)
  if (silence !== null) return t('hold.confirmOffline', { span: spanWords(silence, language) })
  const motion = motionOf(vehicle, now)
  if (motion === 'moving')
    return t('hold.confirmMoving', { speed: speedWords(vehicle.lastKnown?.speedKmh ?? 0, language) })
  return t(motion === 'standing' ? 'hold.confirmStanding' : 'hold.confirmUnknown')
}

export function placedByWords(hold: Hold, { t, language, now }: Speech): string {
  const version = hold.ruleVersion ?? null
  const rule = version === null ? hold.placedBy.name : `${hold.placedBy.name} v${version}`
  const name = hold.placedBy.kind === 'rule' ? t('hold.rule', { name: rule }) : hold.placedBy.name
  return t('hold.by', { name, at: sinceWords(Date.parse(hold.placedAt), now, language) })
}
