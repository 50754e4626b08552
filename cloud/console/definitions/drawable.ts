import type { Language } from '../language/age.ts'
import type { SourceFile } from './queries.ts'

export type Drawable = { readonly kind: 'pipeline' | 'process'; readonly id: string; readonly title: string }

/** Pure. What of these files can be drawn, by the heads of their documents; named in English where they say how. */
export function drawable(files: readonly SourceFile[], language: Language): readonly Drawable[] {
  const parts = files.flatMap(({ text }) => text.split(/^---\s*$/m))
  const word = (part: string, name: string): string | undefined =>
    new RegExp(`^${name}:[ \\t]*["']?([^"'#\\n]+)`, 'm').exec(part)?.[1]?.trim()
  const english = new Map(
    parts
      .filter((part) => language === 'en' && word(part, 'kind') === 'english')
      .flatMap((part) => [...part.matchAll(/^ +"?([^"\n]+?)"?: +"?([^"\n]+)"?$/gm)])
      .map(([, russian = '', said = '']) => [russian, said] as const),
  )
  return parts
    .flatMap((part): readonly Drawable[] => {
      const [kind, id] = [word(part, 'kind'), word(part, 'id')]
      const title = word(part, 'title') ?? id ?? ''
      return (kind === 'pipeline' || kind === 'process') && id !== undefined
        ? [{ kind, id, title: english.get(title) ?? title }]
        : []
    })
    .toSorted((a, b) => a.title.localeCompare(b.title, language))
}
