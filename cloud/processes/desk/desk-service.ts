import type { EpochMs } from '#contract/instant.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { BoardStore } from '../board-store.ts'
import type { FileStore } from '../documents/file-store.ts'
import type { Template } from '../documents/template.ts'
import type { ProcessService } from '../process-service.ts'
import { createBoard } from './board.ts'
import type { CardListStore } from './card-list-store.ts'
import { createCardLog } from './card-log.ts'
import { createCardPage } from './card-page.ts'
import { createCardPapers } from './card-papers.ts'
import { type Beside, createCardPast } from './card-past.ts'
import type { FocusStore } from './focus-store.ts'
import type { LabelStore } from './label-store.ts'
import type { May } from './may.ts'
import type { Records } from './shown-card.ts'
import { createSights } from './sight.ts'
import { createTaskDesk } from './task-desk.ts'
import type { TaskStore } from './task-store.ts'
import { createWorkplace } from './workplace.ts'

type Deps = Pick<World, 'clock'> & {
  readonly db: Db
  readonly processes: ProcessService
  readonly boardStore: (db: Db) => BoardStore
  readonly taskStore: (db: Db) => TaskStore
  readonly listStore: (db: Db, boards: BoardStore) => CardListStore
  readonly labelStore: (db: Db) => LabelStore
  readonly focusStore: (db: Db) => FocusStore
  /** Fields of what a card points at, its own and those that live elsewhere. */
  readonly records: Records
  /** The template of a document that comes with the house. */
  readonly template: (name: string) => Template | undefined
  readonly makeDocument: (card: string, document: string, facts: Facts, now: EpochMs) => Promise<void>
  readonly may: May
  readonly files: Pick<FileStore, 'of'>
  /** Calls, messages and letters about a card; absent: there are none. */
  readonly beside: Beside | undefined
}
export type DeskService = ReturnType<typeof createDeskService>

/** What a person at his desk sees and does: boards, cards, tasks, the workplace; each field by his rights. */
export function createDeskService(deps: Deps) {
  const { db, clock, processes, records } = deps
  const boards = deps.boardStore(db)
  const tasks = deps.taskStore(db)
  const lists = deps.listStore(db, boards)
  const labels = deps.labelStore(db)
  const sights = createSights({ processes, may: deps.may, rolesOf: tasks.rolesOf })
  const page = createCardPage({ now: clock.now, sights, processes, boards, lists, labels, records })
  const log = createCardLog({ sights, processes, boards })
  const papers = createCardPapers({ ...deps, now: clock.now, sights, boards, page })
  const past = createCardPast({
    log,
    boards,
    beside: deps.beside,
    filesOf: async (caller, card) => papers.filesInSight(caller, card, await deps.files.of(card)),
  })
  const inSight = (card: string, { parks }: Caller) => boards.inSight(card, parks)
  const taskDesk = createTaskDesk({ sights, processes, tasks, labels, records, inSight, mayWrite: page.mayWrite })
  return {
    rolesOf: (caller: Caller) => sights.rolesOf(caller),
    actorOf: (caller: Caller) => sights.actorOf(caller),
    ...createBoard({ now: clock.now, sights, boards, lists, labels, focus: deps.focusStore(db) }),
    ...page,
    log: log.log,
    ...past,
    ...papers,
    ...taskDesk,
    ...createWorkplace({ now: clock.now, sights, tasks, inSight, view: taskDesk.view }),
  }
}
