import { describe, expect, test } from 'vitest'
import { type Close, missing, type Pack, standing } from '../../../cloud/console/mechanic/plan.ts'

const outcome = (id: string, need: readonly string[] = []) => ({ id, title: id, need, ask: [], comment: null })
const field = (name: string, type = 'text') => ({
  field: name,
  title: name.toUpperCase(),
  type,
  list: type === 'file',
  value: null,
  access: 'write' as const,
  next: true,
  refers: null,
  label: null,
})
const pack: Pack = {
  tasks: [
    {
      id: 't1',
      card: 'c1',
      cardNo: 7,
      cardTitle: null,
      pipeline: 'c_service',
      pipelineTitle: 'Сервис',
      stageTitle: 'В ремонте',
      kind: 'task',
      template: 'c_start',
      title: 'Начать',
      help: null,
      assignee: 'role:mechanic',
      openFrom: '2026-11-22T09:00:00Z',
      dueAt: '2026-11-22T10:00:00Z',
      form: [],
      show: [],
      outcomes: [outcome('start')],
    },
  ],
  follows: { 'c_start.start': 'c_work', 'c_work.pause': 'c_resume', 'c_resume.resume': 'c_work' },
  templates: {
    c_work: { title: 'Работа', help: null, form: [], outcomes: [outcome('pause'), outcome('done')] },
    c_resume: { title: 'Пауза', help: null, form: [], outcomes: [outcome('resume')] },
  },
}
let seq = 0
const close = (task: string | null, template: string, what: string, state: Close['state'] = 'waiting'): Close => ({
  seq: ++seq,
  key: `key-${seq}`,
  account: 'a',
  card: 'c1',
  cardNo: 7,
  title: 'x',
  at: 1000 * seq,
  state,
  why: null,
  sentAt: null,
  kind: 'close',
  task,
  template,
  outcome: what,
  outcomeTitle: what,
  set: {},
  answer: {},
  photos: {},
})
const seen = (items: readonly Close[]) => standing(pack, items).map(({ id, template }) => [id, template])

describe('what stands on the phone', () => {
  test('work goes on without a network: start, pause, resume, each opens the next', () => {
    const pressed = [close('t1', 'c_start', 'start')]
    expect(seen([])).toEqual([['t1', 'c_start']])
    expect(seen(pressed)).toEqual([[null, 'c_work']])
    pressed.push(close(null, 'c_work', 'pause'))
    expect(seen(pressed)).toEqual([[null, 'c_resume']])
    pressed.push(close(null, 'c_resume', 'resume'))
    expect(seen(pressed)).toEqual([[null, 'c_work']])
    pressed.push(close(null, 'c_work', 'done'))
    expect(seen(pressed)).toEqual([])
  })

  test('what was sent is the server’s to tell, and what was refused gives its task back', () => {
    expect(seen([close('t1', 'c_start', 'start', 'sent')])).toEqual([])
    expect(seen([close('t1', 'c_start', 'start', 'refused')])).toEqual([['t1', 'c_start']])
  })

  test('an outcome is closed until its fields, photos and answers are there; when it was pressed is not asked for', () => {
    const task = { form: [field('comment'), field('photos', 'file')] }
    const asks = {
      ...outcome('done', ['comment', 'photos']),
      ask: [
        { name: 'reason', type: 'text' },
        { name: 'at', type: 'time' },
      ],
    }
    expect(missing(task, asks, {}, {}, new Map())).toEqual(['COMMENT', 'PHOTOS', 'reason'])
    expect(missing(task, asks, { comment: 'x' }, { reason: 'y' }, new Map([['photos', 1]]))).toEqual([])
  })
})
