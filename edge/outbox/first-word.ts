import { millis } from '#contract/instant.ts'
import type { GatewayRecord } from '#contract/record.ts'

/**
 * How long the first words of an order wait for its last: at a parked car all three are said within it, and one message
 * carries them. Each message less is one less that the road can lose and make everything behind it wait for.
 */
export const FIRST_WORD_WAIT = millis(150)

/** Pure. Is this a word about an order that another will follow at once, if all goes well? */
export const isFirstWord = (record: GatewayRecord): boolean =>
  record.kind === 'report' && (record.state === 'received' || record.state === 'executing')
