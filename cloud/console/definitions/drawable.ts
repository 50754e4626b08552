import type { Language } from '../language/age.ts'
import type { SourceFile } from './queries.ts'

export type Drawable = { readonly kind: 'pipeline' | 'process'; readonly id: string; readonly title: string }

const partsOf = (files: readonly SourceFile[]): readonly string[] =>
  files.flatMap(({ text }) => text.split(/^---\s*$/m))
const word = (part: string, name: string): string | undefined =>
  new RegExp(`^${name}:[ \\t]*["']?([^"'#\\n]+)`, 'm').exec(part)?.[1]?.trim()

/** Pure. Words of these files in this language, by the words as they are written. */
function spoken(parts: readonly string[], language: Language): (words: string) => string {
  const english = new Map(
    parts
      .filter((part) => language === 'en' && word(part, 'kind') === 'english')
      .flatMap((part) => [...part.matchAll(/^ +"?([^"\n]+?)"?: +"?([^"\n]+)"?$/gm)])
      .map(([, russian = '', said = '']) => [russian, said] as const),
  )
  return (words) => english.get(words) ?? words
}

/** Pure. What of these files can be drawn, by the heads of their documents; named in English where they say how. */
export function drawable(files: readonly SourceFile[], language: Language): readonly Drawable[] {
  const parts = partsOf(files)
  const say = spoken(parts, language)
  return parts
    .flatMap((part): readonly Drawable[] => {
      const [kind, id] = [word(part, 'kind'), word(part, 'id')]
      return (kind === 'pipeline' || kind === 'process') && id !== undefined
        ? [{ kind, id, title: say(word(part, 'title') ?? id) }]
        : []
    })
    .toSorted((a, b) => a.title.localeCompare(b.title, language))
}

/** Pure. Stages of a pipeline of these files: they are lines of its `stages`, each with its id and its title first. */
export function stagesIn(
  files: readonly SourceFile[],
  pipeline: string,
  language: Language,
): readonly { readonly id: string; readonly title: string }[] {
  const parts = partsOf(files)
  const say = spoken(parts, language)
  const own = parts.find((part) => word(part, 'kind') === 'pipeline' && word(part, 'id') === pipeline) ?? ''
  return [...own.matchAll(/^ {2}- (?:\{\s*)?id: (\w+)(?:,\s*|\n\s+)title: ["']?([^"',}\n]+)/gm)].map(
    ([, id = '', title = '']) => ({ id, title: say(title.trim()) }),
  )
}
