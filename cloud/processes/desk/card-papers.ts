import type { EpochMs } from '#contract/instant.ts'
import type { Facts } from '../../expressions/fact-type.ts'
import type { Caller } from '../../http/access.ts'
import { Fault } from '../../http/fault.ts'
import type { BoardStore } from '../board-store.ts'
import { plainTemplate, printed, type Template } from '../documents/template.ts'
import type { Machine } from '../engine/machine.ts'
import type { DocumentTemplate } from '../notation/catalogue.ts'
import type { ProcessService } from '../process-service.ts'
import { seesFile } from './file-sight.ts'
import { linkOf, type Records } from './shown-card.ts'
import type { Sights } from './sight.ts'

type Deps = {
  readonly now: () => EpochMs
  readonly sights: Sights
  readonly processes: Pick<ProcessService, 'machineOf'>
  readonly boards: Pick<BoardStore, 'brief'>
  readonly records: Records
  /** The template that comes with the house, if there is one of that name. */
  readonly template: (name: string) => Template | undefined
  readonly makeDocument: (card: string, document: string, facts: Facts, now: EpochMs) => Promise<void>
  readonly page: {
    card(caller: Caller, id: string): Promise<unknown>
    mayWrite(caller: Caller, id: string, set: Facts): Promise<void>
  }
}

const ABOUT = ['driver', 'vehicle', 'client', 'machine', 'agent']
/** Pure. The files of one case lie in one folder. */
const caseOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '')

/** Documents that a person makes of a card by hand, by the templates of its case. */
export function createCardPapers(deps: Deps) {
  const factsOf = async (machine: Machine, id: string): Promise<{ entity: string; pipeline: string; facts: Facts }> => {
    const brief = await deps.boards.brief(id)
    if (brief === undefined) throw new Fault('card/unknown')
    const entity = machine.pipeline(brief.pipeline)?.card.name ?? 'deal'
    const facts: Record<string, Facts> = { [entity]: { ...brief.fields, id, no: String(brief.no) } }
    for (const about of [...ABOUT, entity]) {
      const record = linkOf({ ...brief, entity }, about)
      const found = record === undefined ? undefined : await deps.records(about, record)
      if (found !== undefined) facts[about] = { ...facts[about], ...found }
    }
    return { entity, pipeline: brief.pipeline, facts: { ...facts, today: { date: deps.now() } } }
  }
  const machineOf = async (id: string): Promise<Machine> =>
    deps.processes.machineOf((await deps.boards.brief(id))?.definition ?? 0)

  /** Pure but for the template. Titles of what has to be filled in before it can be made. */
  const missing = (machine: Machine, document: DocumentTemplate, facts: Facts): readonly string[] => {
    const need = document.need.map(({ name }) => name)
    const template = deps.template(document.template) ?? plainTemplate(document.title, need, machine.definitions)
    const asked: Template = { ...template, body: [...template.body, ...need.map((path) => `{{${path}}}`)] }
    const { entities } = machine.definitions
    return [
      ...new Set(
        printed(asked, facts, machine.definitions).gaps.map((path) => {
          const [entity = '', field = ''] = path.split('.')
          return entities.get(entity)?.fields.get(field)?.title ?? path
        }),
      ),
    ]
  }

  return {
    /** What may be made of this card, each with what it lacks. Faults: card/unknown. */
    templates: async (caller: Caller, id: string) => {
      await deps.page.card(caller, id)
      const machine = await machineOf(id)
      const { pipeline, facts } = await factsOf(machine, id)
      const home = caseOf(machine.pipeline(pipeline)?.pos.file ?? '')
      return [...machine.definitions.documents.values()]
        .filter(({ pos }) => caseOf(pos.file) === home)
        .map((document) => ({
          id: document.id,
          title: document.title,
          missing: [...missing(machine, document, facts)],
        }))
    },

    /** Those of these files of the card that the caller may open, by the fields they tell of. Faults: card/unknown. */
    filesInSight: async <One extends { readonly id: string; readonly document: string | null }>(
      caller: Caller,
      id: string,
      files: readonly One[],
    ): Promise<readonly One[]> => {
      await deps.page.card(caller, id)
      const brief = await deps.boards.brief(id)
      if (brief === undefined) throw new Fault('card/unknown')
      const machine = await deps.processes.machineOf(brief.definition)
      const sight = await deps.sights.sightOf(caller)
      const card = { entity: machine.pipeline(brief.pipeline)?.card.name ?? 'deal', fields: brief.fields }
      return files.filter((file) => seesFile(machine, sight, card, file))
    },

    /** Makes it as Word and PDF, or names what it lacks and makes nothing. Faults: card/unknown, card/fields-missing, file/unknown. */
    make: async (caller: Caller, id: string, name: string): Promise<void> => {
      await deps.page.mayWrite(caller, id, {})
      const machine = await machineOf(id)
      const document = machine.definitions.documents.get(name)
      if (document === undefined) throw new Fault('file/unknown')
      const { facts } = await factsOf(machine, id)
      const gaps = missing(machine, document, facts)
      if (gaps.length > 0) throw new Fault('card/fields-missing', `Не хватает: ${gaps.join(', ')}`)
      await deps.makeDocument(id, name, facts, deps.now())
    },
  }
}
