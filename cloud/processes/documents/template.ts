import { parse } from 'yaml'
import { z } from 'zod'
import type { Fact, Facts } from '../../expressions/fact-type.ts'
import { printFact, typeOfMask } from '../engine/print.ts'
import { MASK } from '../lint/check-words.ts'
import type { Definitions } from '../notation/definitions.ts'

/** A document as data: what Word and PDF are made of. Texts carry masks, as messages do. */
export const Template = z.strictObject({
  title: z.string(),
  body: z.array(
    z.union([
      z.string(),
      z.strictObject({ head: z.string() }),
      z.strictObject({ rows: z.array(z.tuple([z.string(), z.string()])) }),
      z.strictObject({ sign: z.array(z.string()) }),
    ]),
  ),
})
export type Template = z.infer<typeof Template>

/** Pure. Throws when the text is no template. */
export const readTemplate = (text: string): Template => Template.parse(parse(text))

/** Pure. For a document that has no template of its own: its title and the fields that it needs. */
export function plainTemplate(title: string, need: readonly string[], definitions: Definitions): Template {
  const titleOf = (path: string) => {
    const [entity = '', field = ''] = path.split('.')
    return definitions.entities.get(entity)?.fields.get(field)?.title ?? path
  }
  return {
    title,
    body: [{ rows: need.map((path) => [titleOf(path), `{{${path}}}`]) }, { sign: ['Исполнитель', 'Заказчик'] }],
  }
}

/** Pure. Every mask of a template. */
export function masksOf(template: Template): readonly string[] {
  const texts = [
    template.title,
    ...template.body.flatMap((part) =>
      typeof part === 'string' ? [part] : 'head' in part ? [part.head] : 'rows' in part ? part.rows.flat() : part.sign,
    ),
  ]
  return [...new Set(texts.flatMap((text) => [...text.matchAll(MASK)].map(([, path]) => path ?? '')))]
}

/** Pure. What each mask prints; `gaps` names those that have no value: with any of them nothing is made. */
export function printed(
  template: Template,
  facts: Facts,
  definitions: Definitions,
): { readonly values: Readonly<Record<string, string>>; readonly gaps: readonly string[] } {
  const values: Record<string, string> = {}
  const gaps: string[] = []
  for (const path of masksOf(template)) {
    const fact = factAt(facts, path)
    if (fact === undefined || fact === null || fact === '') gaps.push(path)
    else values[path] = printFact(fact, typeOfMask(path, definitions))
  }
  return { values, gaps }
}

function factAt(facts: Facts, path: string): Fact {
  const [root = '', field = ''] = path.split('.')
  const holder = facts[root]
  return typeof holder === 'object' && holder !== null && !Array.isArray(holder)
    ? Object.entries(holder).find(([name]) => name === field)?.[1]
    : undefined
}

export const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(MASK, (_all, path: string) => values[path] ?? '')
