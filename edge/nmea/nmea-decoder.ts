import { type EpochState, finishEpoch, type NmeaFix, takeSentence } from './nmea-epoch.ts'
import { parseSentence } from './nmea-sentence.ts'

/** Makes moments out of a receiver's lines. A plain value: each connection starts with a new one. */
export type LineDecoder = {
  /** One line; answers the moment that it completed, if it did. */
  take(line: string): NmeaFix | undefined
  /** The line has been quiet: answers the moment that is complete now, if there is one. */
  finish(): NmeaFix | undefined
  /** Is there a moment that waits for more? */
  readonly isOpen: boolean
}

/** Pure but for its own memory. NMEA 0183 sentences. */
export function createNmeaDecoder(): LineDecoder {
  let epoch: EpochState = { sentences: [] }
  return {
    take: (line) => {
      const parsed = parseSentence(line)
      if (parsed.kind !== 'sentence') return undefined
      const taken = takeSentence(epoch, parsed.sentence)
      epoch = taken.state
      return taken.fix
    },
    finish: () => {
      const done = finishEpoch(epoch)
      epoch = done.state
      return done.fix
    },
    get isOpen() {
      return epoch.sentences.length > 0
    },
  }
}
