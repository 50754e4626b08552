import type { SignerStatus } from './signer-message.ts'

/** What the governor said last. */
export type GovernorWord = SignerStatus | 'silent' | 'unasked'

/** Pure. May a block that was refused be signed now for what has changed since? */
export function isNewsForRefused(before: GovernorWord, now: GovernorWord): boolean {
  if (before === 'unasked' || now === 'silent' || now === 'unasked') return false
  if (before === 'silent' || rulesOf(before) !== rulesOf(now)) return true
  const freed = (name: keyof SignerStatus['usage']): boolean => now.usage[name] < before.usage[name]
  return freed('automaticLastHour') || freed('automaticLastDay') || freed('vehiclesLastTenMinutes')
}

const rulesOf = ({ switch: { mode, at }, policy, approvers, storage }: SignerStatus): string =>
  JSON.stringify([mode, at, policy, approvers, storage])
