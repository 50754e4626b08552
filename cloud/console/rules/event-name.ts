import type { Words } from '../language/language.ts'

/** Pure. Events in words; one that this console does not know is shown as it is called. */
export const eventNames = (events: readonly string[], t: Words): string =>
  events
    .map((event) => {
      const words = t(`rule.eventNames.${event}`)
      return words === `rule.eventNames.${event}` ? event : words
    })
    .join(', ')
