import type { CardState } from './card.ts'
import { type Draft, NO_LOCALS } from './draft.ts'
import type { Hands } from './hands.ts'
import { react } from './moves.ts'
import { recomputeReminders } from './runs.ts'
import { askToLook, recomputeDue } from './tasks.ts'
import { hangTimers } from './timers.ts'

/** After every event: reactions to changed fields, timers that follow them, and the promise that no card is forgotten. */
export function settle(hands: Hands, draft: Draft): void {
  for (let round = 0; draft.touched.size > 0 && round < 20; round += 1) {
    const paths = [...draft.touched]
    draft.touched.clear()
    const bare = (path: string) => (path.includes('.') ? path : `${draft.card.entity}.${path}`)
    react(
      hands,
      draft,
      (event) => event.kind === 'changed' && event.paths.some(({ name }) => paths.includes(bare(name))),
      NO_LOCALS,
    )
    tellOthers(draft, paths)
    recomputeReminders(draft)
    recomputeDue(draft)
  }
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  if (stage !== undefined) hangTimers(hands, draft, stage)
  remember(hands, draft)
}

function tellOthers(draft: Draft, paths: readonly string[]): void {
  const byRecord = new Map<string, Set<string>>()
  for (const { change: one } of draft.changes)
    if (one.kind === 'set' && one.record !== undefined && paths.includes(one.path)) {
      const key = `${one.path.split('.')[0]} ${one.record}`
      byRecord.set(key, (byRecord.get(key) ?? new Set()).add(one.path))
    }
  for (const [key, changed] of byRecord) {
    const [entity = '', id = ''] = key.split(' ')
    draft.effect({ kind: 'recordChanged', entity, id, paths: [...changed] })
  }
}

/** No open card without a task, a timer or a process, where the pipeline promises it. */
function remember(hands: Hands, draft: Draft): void {
  const pipeline = draft.machine.pipeline(draft.card.pipeline)
  const stage = draft.machine.stage(draft.card.pipeline, draft.card.stage)
  if (pipeline?.noCardWithoutTask !== true || stage?.type !== 'open') return
  if (!isKept(draft)) askToLook(hands, draft)
}

/** Pure. Whether somebody or something will come back to this card. */
export const isKept = ({ tasks, timers, runs }: Pick<CardState, 'tasks' | 'timers' | 'runs'>): boolean =>
  tasks.some(({ state }) => state === 'open') ||
  timers.some(({ state }) => state === 'set') ||
  runs.some(({ state, paused }) => state === 'running' && paused === undefined)
