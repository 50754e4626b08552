import type { Facts } from '../../expressions/fact-type.ts'
import type { Db } from '../../postgres/postgres-client.ts'
import type { World } from '../../world.ts'
import type { ProcessService } from '../process-service.ts'
import type { FileStore } from './file-store.ts'
import type { OfficeClient } from './office-client.ts'
import { plainTemplate, printed, type Template } from './template.ts'

type Deps = Pick<World, 'uuid'> & {
  readonly processes: Pick<ProcessService, 'activeIn' | 'actIn'>
  readonly office: OfficeClient
  readonly fileStore: (db: Db) => FileStore
  readonly shippedTemplate: (name: string) => Template | undefined
}
export type MakeDocument = (tx: Db, card: string, id: string, facts: Facts, now: number) => Promise<void>

const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'

/** Makes a document of a template as Word and PDF; with gaps nothing is made, and the card's log says what is missing. */
export function createMaking({ uuid, processes, office, fileStore, shippedTemplate }: Deps): MakeDocument {
  return async (tx, card, id, facts, now) => {
    const machine = await processes.activeIn(tx)
    const document = machine?.definitions.documents.get(id)
    if (machine === undefined || document === undefined) throw new Error(`document ${id} is not described`)
    const need = document.need.map(({ name }) => name)
    const template = shippedTemplate(document.template) ?? plainTemplate(document.title, need, machine.definitions)
    const { values, gaps } = printed(template, { ...facts, today: { date: now } }, machine.definitions)
    if (gaps.length > 0) {
      const why = `«${document.title}» не сделан, не хватает: ${gaps.join(', ')}`
      await processes.actIn(tx, card, { kind: 'failed', what: `doc:${id}`, why }, { kind: 'system', id: 'documents' })
      return
    }
    const files = fileStore(tx)
    const own = await files.ownTemplate(document.template)
    const common = { card, document: id, by: 'Кордон', at: now, clientKey: undefined }
    await files.add({
      ...common,
      id: uuid(),
      name: `${document.title}.docx`,
      type: WORD,
      bytes: await office.docx(template, values, own),
    })
    await files.add({
      ...common,
      id: uuid(),
      name: `${document.title}.pdf`,
      type: 'application/pdf',
      bytes: await office.pdf(template, values),
    })
  }
}
