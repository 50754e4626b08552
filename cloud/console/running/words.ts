const ru = {
  title: 'Что идёт',
  lead: 'Процессы по отделам: сколько описано, что идёт сейчас и на каких карточках.',
  none: 'Процессов пока не описано.',
  folder: 'Отдел',
  noFolder: 'Без папки',
  process: 'Процесс',
  described: 'Описанные процессы',
  steps: 'Шагов',
  going: 'Идёт',
  paused: 'На паузе',
  all: 'Все',
  state: 'Состояние',
  states: { all: 'Все', going: 'Идут', paused: 'На паузе' },
  now: 'Сейчас на карточках',
  nothing: 'Сейчас ничего такого не идёт.',
  card: 'Карточка',
  since: 'Идёт',
  step: 'Шаг',
  cardNo: '{{pipeline}} № {{no}}',
  isGoing: 'идёт {{span}}',
  isPaused: 'на паузе {{span}}',
  act: 'Управление процессом «{{process}}»',
  why: 'Почему',
  doing: {
    pause: 'Приостановить',
    resume: 'Возобновить',
    stop: 'Остановить',
  },
  leads: {
    pause:
      'Процесс не сделает ни шага, не напомнит и не спросит, пока его не возобновят. Его задачи уйдут из очередей.',
    resume: 'Процесс пойдёт с того шага, где стоял. Сроки сдвинутся на время паузы, даты из карточки останутся.',
    stop: 'Процесс закончится здесь, его задачи будут сняты. Возобновить его нельзя, можно начать заново.',
  },
} as const

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

const en: Same<typeof ru> = {
  title: 'What runs',
  lead: 'Processes by department: how many are described, what runs now, and on which cards.',
  none: 'No processes are described yet.',
  folder: 'Department',
  noFolder: 'Without a folder',
  process: 'Process',
  described: 'Processes described',
  steps: 'Steps',
  going: 'Running',
  paused: 'Paused',
  all: 'All',
  state: 'State',
  states: { all: 'All', going: 'Running', paused: 'Paused' },
  now: 'On cards now',
  nothing: 'Nothing of that kind runs now.',
  card: 'Card',
  since: 'Runs',
  step: 'Step',
  cardNo: '{{pipeline}} No. {{no}}',
  isGoing: 'runs for {{span}}',
  isPaused: 'paused for {{span}}',
  act: 'Steer the process “{{process}}”',
  why: 'Why',
  doing: {
    pause: 'Pause',
    resume: 'Resume',
    stop: 'Stop',
  },
  leads: {
    pause: 'The process takes no step, reminds and asks nobody until it is resumed. Its tasks leave the queues.',
    resume: 'The process goes on from the step where it stood. Deadlines move by the pause, dates of the card stay.',
    stop: 'The process ends here and its tasks are taken back. It cannot be resumed, only started anew.',
  },
}

/** Words of the processes that run. */
export const runningWords = { ru, en } as const
