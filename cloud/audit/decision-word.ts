import type { Decision } from '../decisions/decision.ts'
import type { AuditActor, AuditWord } from './entry.ts'

/** Pure. A decision as it goes on record: who, about what, all of it but for secrets and seals. */
export function decisionWord(decision: Decision, source: string): AuditWord {
  const data = Object.fromEntries(Object.entries(decision).filter(([key]) => !SECRETS.has(key)))
  const subjects = Object.entries(decision).flatMap(([key, value]) =>
    /Id$/.test(key) && typeof value === 'string' ? [value] : [],
  )
  return { source, at: decision.at, kind: 'decision', by: actorOf(decision), subjects, data }
}

const SECRETS: ReadonlySet<string> = new Set(['passwordHash', 'unlockSecret'])

function actorOf(decision: Decision): AuditActor {
  const by: unknown = 'by' in decision ? decision.by : undefined
  if (typeof by === 'string') return { kind: 'user', id: by }
  if (typeof by === 'object' && by !== null && 'kind' in by && 'id' in by)
    return { kind: by.kind === 'user' ? 'user' : 'rule', id: String(by.id) }
  return { kind: 'cloud', id: '' }
}
