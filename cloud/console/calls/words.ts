const ru = {
  title: 'Звонки',
  lead: 'Кто звонил, откуда узнал о нас и чем кончилось.',
  which: 'Какие',
  all: 'Все',
  filters: { missed: 'Пропущенные', answered: 'Отвеченные', 'no-source': 'Без источника' },
  empty: 'Звонков пока нет: их передаёт подключённая АТС.',
  nothing: 'Таких звонков нет.',
  noNumber: 'Номер скрыт',
  noSource: 'Источник неизвестен',
  openCard: 'Открыть карточку',
  states: { ringing: 'Звонит', talking: 'Идёт разговор', missed: 'Пропущенный', unanswered: 'Не ответили' },
  directions: { in: 'Входящий', out: 'Исходящий' },
  columns: { who: 'Номер', at: 'Когда', source: 'Источник', card: 'Карточка' },
  recording: 'Запись',
  listen: 'Прослушать',
  recordings: {
    linked: 'Запись у АТС, сюда её не передают',
    wanted: 'Запись загружается с АТС',
    failed: 'Запись с АТС не загрузилась',
    broken: 'Записи этого звонка здесь нет',
  },
} as const

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

const en: Same<typeof ru> = {
  title: 'Calls',
  lead: 'Who called, how he knew of us, and what became of it.',
  which: 'Which',
  all: 'All',
  filters: { missed: 'Missed', answered: 'Answered', 'no-source': 'Without a source' },
  empty: 'No calls yet: a connected exchange passes them on.',
  nothing: 'No such calls.',
  noNumber: 'Number withheld',
  noSource: 'Source not known',
  openCard: 'Open the card',
  states: { ringing: 'Ringing', talking: 'Talking', missed: 'Missed', unanswered: 'Not answered' },
  directions: { in: 'Incoming', out: 'Outgoing' },
  columns: { who: 'Number', at: 'When', source: 'Source', card: 'Card' },
  recording: 'Recording',
  listen: 'Listen',
  recordings: {
    linked: 'The exchange keeps the recording and does not pass it on',
    wanted: 'The recording is being fetched from the exchange',
    failed: 'The recording could not be fetched from the exchange',
    broken: 'There is no recording of this call here',
  },
}

/** Words of calls and their recordings. */
export const callPageWords = { ru, en } as const
