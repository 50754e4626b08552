import type { CardItem } from '../api/process.ts'

export type LogLine = {
  readonly at: string
  readonly stage: string
  readonly kind: string
  readonly change: Readonly<Record<string, unknown>>
  readonly actorKind: string
  readonly actor: string
}
type Told = Readonly<Record<string, unknown>>

/**
 * Pure. What people did to a card, as an event file: its birth with the fields it has now, fields they filled, tasks they
 * closed, moves they made by hand. What rules and timers did is left out: the version that is tried does its own.
 */
export function recorded(card: CardItem, log: readonly LogLine[]): string {
  const name = `card-${card.no}`
  const start = log.find(({ kind }) => kind === 'born')
  const fields = Object.fromEntries(Object.entries(card.fields).filter(([, value]) => value !== null))
  const lines: Told[] = [
    {
      at: start?.at ?? card.createdAt,
      born: name,
      pipeline: card.pipeline,
      stage: start?.change['stage'] ?? start?.stage,
      fields,
    },
  ]
  for (const { at, kind, change, actorKind, actor } of log) {
    if (actorKind !== 'person') continue
    const by = { id: actor.replace(/^person:/, ''), roles: ['owner', 'head'] }
    const together = log.some((other) => other.at === at && other.kind === 'done')
    if (kind === 'done')
      lines.push({
        at,
        by,
        card: name,
        task: change['template'],
        outcome: change['outcome'],
        ...(typeof change['comment'] === 'string' ? { comment: change['comment'] } : {}),
      })
    if (kind === 'moved' && !together) lines.push({ at, by, card: name, move: change['to'] })
  }
  return lines.map((line) => JSON.stringify(line)).join('\n')
}
