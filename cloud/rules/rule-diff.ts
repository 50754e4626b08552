import type { Rule } from '../processes/notation/rule.ts'

export type Difference = { readonly ru: string; readonly en: string }

/** Pure. What changed between two versions of a rule, in words; empty when only layout or comments did. */
export function ruleDiff(before: Rule, after: Rule): readonly Difference[] {
  const parts: readonly [string, string, (rule: Rule) => string][] = [
    ['название', 'title', (rule) => rule.title],
    ['когда проверяется', 'when it is checked', whenOf],
    ['для кого', 'for whom', (rule) => plain(rule.for)],
    ['что читает', 'what it reads', (rule) => plain(rule.read)],
    ['условие', 'condition', (rule) => rule.if?.cel ?? 'нет'],
    ['кроме', 'unless', (rule) => rule.unless?.cel ?? 'нет'],
    ['не сейчас', 'not now', (rule) => rule.notNow?.cel ?? 'нет'],
    ['срабатывает', 'fires', (rule) => rule.fires],
    ['что делает', 'what it does', (rule) => plain(rule.do)],
  ]
  return parts.flatMap(([ru, en, of]) => {
    const [was, is] = [of(before), of(after)]
    return was === is ? [] : [{ ru: `${ru}: было «${was}», стало «${is}»`, en: `${en}: was “${was}”, is “${is}”` }]
  })
}

const whenOf = ({ every, event }: Rule): string =>
  [every === undefined ? '' : every.text, event === undefined ? '' : plain(event)]
    .filter((part) => part !== '')
    .join(', ')

/** The notation without its places, on one line. */
function plain(node: unknown): string {
  if (node === undefined || node === null) return ''
  if (Array.isArray(node))
    return node
      .map(plain)
      .filter((part) => part !== '')
      .join('; ')
  if (typeof node !== 'object') return String(node)
  if ('cel' in node) return plain(node.cel)
  if ('text' in node && 'ms' in node) return plain(node.text)
  return Object.entries(node)
    .filter(([key]) => key !== 'pos')
    .map(([key, value]) => [key, plain(value)] as const)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => (key === 'kind' || key === 'name' || key === 'value' ? value : `${key} ${value}`))
    .join(' ')
}
