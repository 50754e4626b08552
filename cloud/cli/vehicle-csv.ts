/** A line of the file that cannot be taken, and why. Lines are counted from 1, the head being the first. */
export type WrongLine = { readonly line: number; readonly why: string }
export type VehicleLine = {
  readonly line: number
  readonly plate: string
  readonly model: string
  readonly vin?: string
  readonly park?: string
}

type Column = 'plate' | 'model' | 'vin' | 'park'
const COLUMNS: Readonly<Record<Column, readonly string[]>> = {
  plate: ['plate', 'госномер', 'номер'],
  model: ['model', 'модель'],
  vin: ['vin'],
  park: ['park', 'парк'],
}
/** ISO 3779: seventeen of A-Z without I, O, Q, and digits. */
const VIN = /^[A-HJ-NPR-Z0-9]{17}$/

/** Pure. RFC 4180 with `,` or `;`, whichever the head has; quotes double inside quotes; a byte order mark is no letter. */
export function cellsOf(text: string): readonly { readonly line: number; readonly cells: readonly string[] }[] {
  const clean = text.replace(/^\uFEFF/, '')
  const [head = ''] = clean.split('\n', 1)
  const between = head.split(';').length > head.split(',').length ? ';' : ','
  const rows: { line: number; cells: string[] }[] = []
  let cells: string[] = []
  let cell = ''
  let quoted: 'in' | 'out' = 'out'
  let line = 1
  let began = 1
  const endRow = (): void => {
    cells.push(cell)
    if (cells.some((one) => one.trim() !== '')) rows.push({ line: began, cells: cells.map((one) => one.trim()) })
    cells = []
    cell = ''
    began = line
  }
  for (let at = 0; at < clean.length; at += 1) {
    const letter = clean[at] ?? ''
    if (letter === '\n') line += 1
    if (quoted === 'in') {
      if (letter !== '"') cell += letter
      else if (clean[at + 1] === '"') {
        cell += '"'
        at += 1
      } else quoted = 'out'
    } else if (letter === '"' && cell.trim() === '') quoted = 'in'
    else if (letter === between) {
      cells.push(cell)
      cell = ''
    } else if (letter === '\n') endRow()
    else cell += letter
  }
  endRow()
  return rows
}

/** Pure. The lines that can be taken, and every one that cannot. Throws a clear word when the head is unusable. */
export function readVehicles(
  text: string,
  plain: (plate: string) => string,
): { good: VehicleLine[]; wrong: WrongLine[] } {
  const [head, ...rows] = cellsOf(text)
  const names = head?.cells.map((cell) => cell.toLowerCase()) ?? []
  const at = (column: Column) => names.findIndex((name) => COLUMNS[column].includes(name))
  const [plateAt, modelAt, vinAt, parkAt] = [at('plate'), at('model'), at('vin'), at('park')]
  if (plateAt < 0 || modelAt < 0)
    throw new Error('the first line names the columns: plate, model, and vin and park if you have them')
  const good: VehicleLine[] = []
  const wrong: WrongLine[] = []
  const plates = new Map<string, number>()
  const vins = new Map<string, number>()
  for (const { line, cells } of rows) {
    const plate = (cells[plateAt] ?? '').replaceAll(/\s+/g, ' ')
    const [model = '', vin, park] = [cells[modelAt], cells[vinAt]?.toUpperCase(), cells[parkAt]]
    const whys = [
      ...(cells.length === names.length ? [] : [`${cells.length} cells where the head has ${names.length}`]),
      ...(plate.length >= 2 && plate.length <= 16 ? [] : ['the plate has 2 to 16 letters and digits']),
      ...(model.length >= 1 && model.length <= 80 ? [] : ['the model has 1 to 80 letters']),
      ...(vin === undefined || vin === '' || VIN.test(vin)
        ? []
        : [`${vin} is no VIN: 17 of A-Z without I, O, Q, and digits`]),
      ...(plates.has(plain(plate)) ? [`the plate stands in line ${plates.get(plain(plate))} already`] : []),
      ...(vin !== undefined && vin !== '' && vins.has(vin) ? [`the VIN stands in line ${vins.get(vin)} already`] : []),
    ]
    if (whys.length > 0) {
      wrong.push({ line, why: whys.join('; ') })
      continue
    }
    plates.set(plain(plate), line)
    if (vin !== undefined && vin !== '') vins.set(vin, line)
    good.push({
      line,
      plate,
      model,
      ...(vin === undefined || vin === '' ? {} : { vin }),
      ...(park === undefined || park === '' ? {} : { park }),
    })
  }
  return { good, wrong }
}
