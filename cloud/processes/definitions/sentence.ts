/**
 * A sentence of ours in Russian, and the same in English. `{1}`: what stands in the brackets, translated in its turn;
 * `{=1}`: as it stands; `{,1}`: each part between commas translated.
 */
export type Sentence = readonly [pattern: RegExp, said: string]

/** Pure. Words in English by the first sentence that fits; else as the files say them; else as they are. */
export function translatedBy(sentences: readonly Sentence[], words: string, said: (words: string) => string): string {
  const known = said(words)
  if (known !== words) return known
  for (const [pattern, english] of sentences) {
    const found = pattern.exec(words)
    if (found === null) continue
    return english.replace(/\{([=,]?)(\d)\}/g, (_all, how: string, at: string) => {
      const part = found[Number(at)] ?? ''
      if (how === '=') return part
      const inner = (one: string) => translatedBy(sentences, one, said)
      return how === ',' ? part.split(', ').map(inner).join(', ') : inner(part)
    })
  }
  // A row of actions, as a stage has on entry.
  return words.includes(', ') && words.split(', ').some((one) => translatedBy(sentences, one, said) !== one)
    ? words
        .split(', ')
        .map((one) => translatedBy(sentences, one, said))
        .join(', ')
    : words
}
