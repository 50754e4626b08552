const ru = {
  title: 'Обращения',
  lead: 'Что водители считают ошибкой. Ответ уходит водителю.',
  state: 'Состояние',
  anyState: 'Любое',
  states: { open: 'Ждёт ответа', answered: 'Отвечено' },
  none: 'Обращений нет.',
  columns: { what: 'Обращение', who: 'Водитель', vehicle: 'Машина', at: 'Когда', answer: 'Ответ' },
  answer: 'Ответить',
  answerTitle: 'Ответ водителю',
  answered: 'Ответ отправлен.',
} as const

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

const en: Same<typeof ru> = {
  title: 'Appeals',
  lead: 'What drivers hold to be a mistake. The answer goes to the driver.',
  state: 'State',
  anyState: 'Any',
  states: { open: 'Waits for an answer', answered: 'Answered' },
  none: 'No appeals.',
  columns: { what: 'Appeal', who: 'Driver', vehicle: 'Vehicle', at: 'When', answer: 'Answer' },
  answer: 'Answer',
  answerTitle: 'Answer to the driver',
  answered: 'The answer is sent.',
}

export const appealWords = { ru, en } as const
