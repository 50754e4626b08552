import type { Words } from '../language/language.ts'

type Pattern = readonly [found: RegExp, word: string]

/** What the contract's parser says of one field, behind its name: `lat: Too big: expected number to be <=90`. */
const OF_FIELD: readonly Pattern[] = [
  [/^Too big: expected (?:number|int) to be <=(?<limit>\S+)$/, 'tooBig'],
  [/^Too small: expected (?:number|int) to be >=(?<limit>\S+)$/, 'tooSmall'],
  [/^Too small: expected array to have >=(?<limit>\d+) items$/, 'tooFew'],
  [/^Too big: expected array to have <=(?<limit>\d+) items$/, 'tooMany'],
  [/^Too big: expected string to have <=(?<limit>\d+) characters$/, 'tooLong'],
  [/^Invalid input: expected \w+, received undefined$/, 'missing'],
  [/^Invalid input: expected int, received number$/, 'notWhole'],
  [/^Invalid input: expected (?:number|int), received \w+$/, 'notNumber'],
  [/^Invalid input: expected string, received \w+$/, 'notText'],
  [/^Invalid input: expected boolean, received \w+$/, 'notTruth'],
  [/^Invalid input: expected array, received \w+$/, 'notList'],
  [/^Invalid input: expected (?:object|record), received \w+$/, 'notFields'],
  [/^Invalid input: expected (?<options>[^,]+)$/, 'notOneOf'],
  [/^Invalid option: expected one of (?<options>.+)$/, 'notOneOf'],
  [/^Invalid discriminator value. Expected (?<options>.+)$/, 'notOneOf'],
  [/^Unrecognized keys?: (?<names>.+)$/, 'unknownFields'],
  [/^Invalid key in record$/, 'badName'],
  [/^(?:Invalid UUID|not a uuid)$/, 'notUuid'],
  [/^Invalid ISO datetime$/, 'notTime'],
  [/^expected frame, report or event$/, 'unknownKind'],
  [/^lat and lon come together or not at all$/, 'halfPlace'],
  [/^an event name is kebab-case/, 'badEvent'],
  [/^a text holds (?:U\+0000|half of a surrogate pair)$/, 'badText'],
  [/^nested deeper than (?<limit>\d+)$/, 'tooDeep'],
]

const WHOLE: readonly Pattern[] = [
  [/^not JSON$/, 'notJson'],
  [/^(?:neither JSON nor a known compact version|unknown first byte)$/, 'unknownForm'],
  [/^longer than (?<limit>\d+) bytes$/, 'tooManyBytes'],
  [/^not an OwnTracks message$/, 'notOwnTracks'],
  [/^encrypted: switch encryption off/, 'encrypted'],
  // The compact form: what of it cannot be is of interest to its programmer, who reads the words as they came.
  [
    /^(?:the batch (?:ends early|does not end)|the check byte|bytes follow|a number |count must|the first frame)/,
    'damaged',
  ],
  [/(?: out of range|: reserved value|: reserved bit|: unknown kind)$/, 'damaged'],
]

/** Pure. Why a record was refused, in the reader's language; as it came where nobody has words for it. */
export function reasonWords(reason: string, t: Words): string {
  const { field, said } = /^(?<field>\S+): (?<said>.+)$/s.exec(reason)?.groups ?? {}
  const values = { field: field ?? '' }
  return worded(WHOLE, reason, values, t) ?? worded(OF_FIELD, said ?? '', values, t) ?? reason
}

function worded(
  patterns: readonly Pattern[],
  text: string,
  values: Readonly<Record<string, string>>,
  t: Words,
): string | undefined {
  for (const [found, word] of patterns) {
    const match = found.exec(text)
    if (match !== null) return t(`quarantine.reasons.${word}`, { ...values, ...plainly(match.groups) })
  }
  return undefined
}

/** What the parser writes as `"a"|"b"`, as one would write it down. */
const plainly = ({ options, ...rest }: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  options === undefined ? rest : { ...rest, options: options.replaceAll('"', '').replaceAll('|', ', ') }
