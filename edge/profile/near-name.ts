import { z } from 'zod'

/** Pure. The keys that a schema knows at a place; those of every alternative. */
export function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  if (schema instanceof z.ZodExactOptional || schema instanceof z.ZodOptional) return keysAt(schema.unwrap(), path)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => keysAt(option, path))
  const [step, ...rest] = path
  if (schema instanceof z.ZodObject) {
    if (step === undefined) return Object.keys(schema.shape)
    return Object.hasOwn(schema.shape, step) ? keysAt(schema.shape[String(step)], rest) : []
  }
  if (step === undefined) return []
  if (schema instanceof z.ZodArray) return keysAt(schema.element, rest)
  return schema instanceof z.ZodRecord ? keysAt(schema.valueType, rest) : []
}

/** Pure. The word that was probably meant: the same but for its capitals, or for one or two letters. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  const most = typed.length < 5 ? 1 : 2
  const [best] = known
    .map((word) => ({ word, far: distance(typed.toLowerCase(), word.toLowerCase()) }))
    .filter(({ far }) => far <= most)
    .toSorted((a, b) => a.far - b.far)
  return best?.word
}

/** Letters to add, drop or change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [at, letter] of [...a].entries()) {
    const next = [at + 1]
    for (const [place, other] of [...b].entries())
      next.push(
        Math.min((next[place] ?? 0) + 1, (row[place + 1] ?? 0) + 1, (row[place] ?? 0) + (letter === other ? 0 : 1)),
      )
    row = next
  }
  return row.at(-1) ?? 0
}
