import { Graph, layout } from '@dagrejs/dagre'
import { escaped } from '../../markup.ts'
import { type Definitions, stageOf } from '../notation/definitions.ts'
import type { Pipeline } from '../notation/pipeline.ts'
import type { Process } from '../notation/process.ts'
import { actionWords } from './diff.ts'
import { type Speech, speechIn } from './speech.ts'

type Box = {
  readonly id: string
  readonly lines: readonly string[]
  readonly kind: 'start' | 'open' | 'won' | 'lost' | 'person' | 'step'
}
type Arrow = { readonly from: string; readonly to: string; readonly label: string; readonly kind: 'hand' | 'auto' }

const LINE = 18
/** Of the widest fonts that a browser may take; the first line of a box is large and bold. */
const CHAR = 7.4
const TITLE_CHAR = 9.2
const PAD = 12
const FILL: Readonly<Record<Box['kind'], string>> = {
  start: '#e7f5ff',
  open: '#ffffff',
  won: '#ebfbee',
  lost: '#fff5f5',
  person: '#fff9db',
  step: '#ffffff',
}
const STROKE: Readonly<Record<Box['kind'], string>> = {
  start: '#1971c2',
  open: '#495057',
  won: '#2f9e44',
  lost: '#c92a2a',
  person: '#e67700',
  step: '#495057',
}

/**
 * Pure. A pipeline or a process as SVG, for agreeing with people; undefined when there is none. In English as far as the
 * definitions have English words.
 */
export function drawing(definitions: Definitions, id: string, language: 'ru' | 'en' = 'ru'): string | undefined {
  const speech = speechIn(language, definitions.english)
  const pipeline = definitions.pipelines.get(id)
  if (pipeline !== undefined) return svg(speech.said(pipeline.title), ...pipelineParts(definitions, pipeline, speech))
  const process = definitions.processes.get(id)
  return process === undefined ? undefined : svg(speech.said(process.title), ...processParts(process, speech))
}

function pipelineParts(
  definitions: Definitions,
  pipeline: Pipeline,
  { said, own }: Speech,
): readonly [readonly Box[], readonly Arrow[]] {
  const boxes = pipeline.stages.map((stage): Box => {
    const limit =
      stage.limit === undefined
        ? []
        : [
            `${own('предел')} ${'text' in stage.limit.for ? stage.limit.for.text : own('по карточке')} · ${stage.limit.clock.name}`,
          ]
    const guards = stage.guardIn.map(({ say }) => `◆ ${said(say)}`)
    const enter = stage.enter.map(
      (one) =>
        `• ${one.kind === 'task' ? said(definitions.tasks.get(one.use.name)?.title ?? own(actionWords(one))) : own(actionWords(one))}`,
    )
    const kind = stage.id === pipeline.start.name ? 'start' : stage.type
    return { id: stage.id, lines: [said(stage.title), ...limit, ...guards, ...enter].map(short), kind }
  })
  const byHand = pipeline.stages.flatMap((stage) =>
    stage.next.map(({ name }): Arrow => ({ from: stage.id, to: name, label: '', kind: 'hand' })),
  )
  const byItself = pipeline.stages.flatMap((stage) =>
    stage.when.flatMap(({ event, title, do: actions }) =>
      actions.flatMap((one): readonly Arrow[] => {
        if (one.kind !== 'move' || stageOf(pipeline, one.stage.name) === undefined) return []
        const label =
          event.kind === 'button'
            ? said(title ?? '')
            : event.kind === 'outside'
              ? event.names.map(({ name }) => name).join(', ')
              : event.kind === 'done'
                ? own(`готово: ${event.task.name}`)
                : event.kind
        return [
          { from: stage.id, to: one.stage.name, label: short(label), kind: event.kind === 'button' ? 'hand' : 'auto' },
        ]
      }),
    ),
  )
  const labelled = new Set(byItself.map(({ from, to }) => `${from} ${to}`))
  return [boxes, [...byItself, ...byHand.filter(({ from, to }) => !labelled.has(`${from} ${to}`))]]
}

const PEOPLE = ['ask', 'acknowledge', 'first_response', 'task']
const STEP_WORDS: Readonly<Record<string, string>> = {
  do: 'действия',
  branch: 'выбор',
  ask: 'вопрос',
  acknowledge: 'ознакомление',
  first_response: 'кто первый',
  task: 'задача',
  wait: 'ожидание',
  remind: 'напоминание',
  call: 'запрос',
}

function processParts(process: Process, { said, own }: Speech): readonly [readonly Box[], readonly Arrow[]] {
  const end: Box = { id: 'end', lines: [own('Конец')], kind: 'won' }
  const boxes = process.steps.map(({ id, body }, index): Box => {
    const kind = index === 0 ? 'start' : PEOPLE.includes(body.kind) ? 'person' : 'step'
    const detail =
      body.kind === 'do'
        ? body.do.map((one) => own(actionWords(one)))
        : body.kind === 'ask'
          ? body.ask.options.map(({ title }) => `○ ${said(title)}`)
          : body.kind === 'task'
            ? [body.task.use.name]
            : []
    return { id, lines: [`${id}: ${own(STEP_WORDS[body.kind] ?? body.kind)}`, ...detail].map(short), kind }
  })
  const arrows = process.steps.flatMap(({ id, body, goto: way }, index): readonly Arrow[] => {
    const following = process.steps[index + 1]?.id ?? 'end'
    const to = (target: string, label: string): Arrow => ({ from: id, to: target, label: short(label), kind: 'auto' })
    if (way !== undefined && 'byOption' in way) {
      const titles = new Map(body.kind === 'ask' ? body.ask.options.map((option) => [option.id, option.title]) : [])
      return [...way.byOption].map(([option, { name }]) => to(name, said(titles.get(option) ?? option)))
    }
    const lines =
      body.kind === 'branch'
        ? body.lines.flatMap((line) =>
            line.goto === undefined ? [] : [to(line.goto.name, line.if?.cel ?? own('иначе'))],
          )
        : []
    return [...lines, to(way === undefined ? following : way.step.name, '')]
  })
  return [[...boxes, end], arrows]
}

const short = (text: string): string => (text.length > 44 ? `${text.slice(0, 43)}…` : text)

function svg(title: string, boxes: readonly Box[], arrows: readonly Arrow[]): string {
  const graph = new Graph({ multigraph: true })
  graph.setGraph({ rankdir: 'LR', nodesep: 24, ranksep: 70, marginx: 24, marginy: 48 })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const { id, lines } of boxes)
    graph.setNode(id, {
      width: Math.max(...lines.map(({ length }, index) => length * (index === 0 ? TITLE_CHAR : CHAR))) + PAD * 2,
      height: lines.length * LINE + PAD * 2,
    })
  for (const [index, { from, to, label }] of arrows.entries())
    graph.setEdge(from, to, { width: label.length * CHAR, height: LINE, labelpos: 'c' }, String(index))
  layout(graph)
  const drawnBoxes = boxes.map((box) => {
    const { x = 0, y = 0, width = 0, height = 0 } = graph.node(box.id)
    const texts = box.lines.map(
      (line, index) =>
        `<text x="${x - width / 2 + PAD}" y="${y - height / 2 + PAD + 13 + index * LINE}" font-weight="${index === 0 ? 600 : 400}" font-size="${index === 0 ? 13 : 11}">${escaped(line)}</text>`,
    )
    return `<rect x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="8" fill="${FILL[box.kind]}" stroke="${STROKE[box.kind]}"/>${texts.join('')}`
  })
  const drawnArrows = arrows.map(({ from, to, label, kind }, index) => {
    const edge = graph.edge({ v: from, w: to, name: String(index) })
    const points: readonly { readonly x: number; readonly y: number }[] = edge.points ?? []
    const way = points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join(' ')
    const middle = points[Math.floor(points.length / 2)]
    const words =
      label === '' || middle === undefined
        ? ''
        : `<text x="${middle.x}" y="${middle.y - 4}" font-size="10" text-anchor="middle" fill="#495057">${escaped(label)}</text>`
    return `<path d="${way}" fill="none" stroke="${kind === 'auto' ? '#1971c2' : '#868e96'}"${kind === 'hand' ? ' stroke-dasharray="5 3"' : ''} marker-end="url(#end)"/>${words}`
  })
  const { width = 400, height = 200 } = graph.graph()
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" width="${Math.ceil(width)}" height="${Math.ceil(height)}" font-family="Inter, Roboto, sans-serif" role="img" aria-label="${escaped(title)}">`,
    '<defs><marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#495057"/></marker></defs>',
    `<rect width="100%" height="100%" fill="#ffffff"/><text x="24" y="28" font-size="18" font-weight="700">${escaped(title)}</text>`,
    ...drawnArrows,
    ...drawnBoxes,
    '</svg>',
  ].join('\n')
}
