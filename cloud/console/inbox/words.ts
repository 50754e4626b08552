const ru = {
  title: 'Общий ящик',
  lead: 'Кто нам написал и ждёт ответа. Дольше всех ждущие стоят первыми.',
  state: 'Какие',
  states: { unanswered: 'Ждут ответа', answered: 'Отвечено', closed: 'Закрыты', any: 'Все' },
  search: 'Имя, телефон, слова',
  none: 'Здесь никого нет.',
  columns: { who: 'Кто', said: 'Последнее', account: 'Куда', since: 'Ждёт', whose: 'Чей' },
  nobody: 'Ничей',
  unnamed: 'Без имени',
  card: 'Карточка',
  answer: 'Ответить',
  text: 'Ответ',
  answered: 'Ответ уходит.',
  take: 'Взять себе',
  taken: 'Обращение ваше.',
  close: 'Ответ не нужен',
  closed: 'Закрыто. Новое слово откроет его снова.',
  sent: { received: 'пришло', queued: 'уходит', sent: 'канал принял', failed: 'не отправлено' },
} as const

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

const en: Same<typeof ru> = {
  title: 'Shared inbox',
  lead: 'Who has written and waits for an answer. Whoever waits longest comes first.',
  state: 'Which',
  states: { unanswered: 'Wait for an answer', answered: 'Answered', closed: 'Closed', any: 'All' },
  search: 'Name, phone, words',
  none: 'Nobody is here.',
  columns: { who: 'Who', said: 'Last word', account: 'Where to', since: 'Waits', whose: 'Whose' },
  nobody: 'Nobody’s',
  unnamed: 'No name',
  card: 'Card',
  answer: 'Answer',
  text: 'Answer',
  answered: 'The answer is on its way.',
  take: 'Take it',
  taken: 'It is yours.',
  close: 'Needs no answer',
  closed: 'Closed. The next word opens it again.',
  sent: { received: 'received', queued: 'on its way', sent: 'the channel took it', failed: 'not sent' },
}

export const inboxWords = { ru, en } as const
