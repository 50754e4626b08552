import type { Call } from '../api/call.ts'
import { lengthWords } from '../fields/length.ts'
import type { Language } from '../language/age.ts'
import type { Words } from '../language/language.ts'

/** Pure. «Входящий, 4 мин», «Пропущенный». */
export function callWords(call: Pick<Call, 'direction' | 'state' | 'talkMs'>, t: Words, language: Language): string {
  if (call.state !== 'answered') return t(`calls.states.${call.state}`)
  const way = t(`calls.directions.${call.direction}`)
  return call.talkMs === null ? way : `${way}, ${talkWords(call.talkMs, language)}`
}

/** Pure. The length of a talk: seconds below a minute. */
const talkWords = (ms: number, language: Language): string =>
  ms < 60_000 ? `${Math.round(ms / 1000)}\u00a0${language === 'ru' ? 'с' : 's'}` : lengthWords(ms, language)
