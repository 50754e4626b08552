import { uploadSheet } from './cloud-sheet-client.ts'
import { createService } from './service-client.ts'
import { readSheetFile, unsigned, writeSheetFile } from './sheet-file.ts'
import { keptPhoto, takePhotos } from './sheet-photos.ts'
import { sheetLines } from './sheet-print.ts'
import { said as spoken } from './speech.ts'
import { type CommonOptions, type ExitCode, findings } from './step.ts'
import { viewOf } from './wiring-check.ts'

export type SealOptions = CommonOptions & {
  readonly by: string
  readonly note: string
  readonly photo?: readonly string[]
  readonly keepLocation?: boolean
  readonly cloud?: string
  readonly token?: string
}

/**
 * Has the running service sign what was done, and brings sheet and photos to the cloud. Sealed without a network, it is run
 * again; the second time only what the cloud has not got travels.
 */
export async function seal(options: SealOptions): Promise<ExitCode> {
  const service = createService(options.dir)
  const kept = readSheetFile(options.dir)
  let work = unsigned(kept)
  const isPending = options.photo === undefined && kept.upload === 'pending'
  let sheet = isPending && (await viewOf(service)).seal === 'sealed' ? kept.sheet : undefined
  let photos: 'as before' | 'refused' = 'as before'
  const take = async (files: readonly string[]) => {
    const told = takePhotos(options.dir, files, options.keepLocation === true ? 'keep' : 'remove')
    if (told.taken === 'none') photos = 'refused'
    else {
      work = { ...work, photos: [...told.photos] }
      writeSheetFile(options.dir, work)
    }
    return told.found
  }
  const make = async () => {
    if (photos === 'refused') return []
    if (sheet !== undefined)
      return [{ name: 'sheet', state: 'good' as const, fact: 'made before, still to be uploaded' }]
    const { schema: _schema, ...wished } = work
    const answer = await service.ask('POST', '/seal', { by: options.by, note: options.note, ...wished })
    const said = answer.body
    if (typeof said === 'object' && said !== null && 'sheet' in said && typeof said.sheet === 'string') {
      sheet = said.sheet
      writeSheetFile(options.dir, { ...work, sheet, upload: 'pending' })
      return [{ name: 'sheet', state: 'good' as const, fact: 'signed by this gateway' }]
    }
    const errors: unknown = typeof said === 'object' && said !== null && 'errors' in said ? said.errors : undefined
    const missing = Array.isArray(errors) ? errors.map(String) : [JSON.stringify(said)]
    return missing.map((fact) => ({ name: 'sheet', state: 'bad' as const, fact }))
  }
  const upload = async () => {
    if (sheet === undefined) return []
    const uploaded = await uploadSheet(process.env, options, sheet, (photo) => keptPhoto(options.dir, photo))
    if (uploaded.every(({ state }) => state === 'good')) writeSheetFile(options.dir, { ...work, sheet, upload: 'done' })
    return uploaded
  }
  const files = options.photo
  const found = await findings(
    [
      ...(files === undefined ? [] : [{ title: 'photos', run: () => take(files) }]),
      { title: 'sheet', run: make },
      { title: 'upload', run: upload },
    ],
    options,
  )
  const isSealed = sheet !== undefined
  const state = found.every((one) => one.state === 'good')
    ? 'uploaded'
    : isSealed
      ? 'sealed, upload pending'
      : 'not sealed'
  if (options.json === true) console.log(JSON.stringify({ step: 'seal', state, findings: found, sheet }, undefined, 2))
  else {
    const again = isSealed && state !== 'uploaded' ? '; run this again when the cloud can be reached' : ''
    const lines = isSealed ? (await sheetLines(options.dir)).lines : []
    console.log([...lines, `${spoken('seal')}: ${spoken(`${state}${again}`)}`].join('\n'))
  }
  return found.some((one) => one.state === 'bad') ? 1 : 0
}
