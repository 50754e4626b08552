const ru = {
  title: 'Ждёт вашего слова',
  lead: 'Согласования, ознакомления и работа для того, кто ответит первым.',
  tabs: { all: 'Всё', ask: 'Решить', acknowledge: 'Ознакомиться', take: 'Взять' },
  kinds: { ask: 'Согласование', acknowledge: 'Ознакомление', take: 'Кто возьмёт первым', task: 'Задача' },
  none: 'Ничего не ждёт вашего слова.',
  card: 'Карточка № {{no}}',
  due: 'до {{at}}',
  late: 'просрочено с {{at}}',
  reason: 'Комментарий',
  lacks: 'Нужно: {{what}}',
  done: 'Решение записано.',
} as const

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

const en: Same<typeof ru> = {
  title: 'Waits for your word',
  lead: 'Approvals, readings to confirm, and work for whoever answers first.',
  tabs: { all: 'All', ask: 'Decide', acknowledge: 'Acknowledge', take: 'Take' },
  kinds: { ask: 'Approval', acknowledge: 'Acknowledgement', take: 'First to respond takes it', task: 'Task' },
  none: 'Nothing waits for your word.',
  card: 'Card {{no}}',
  due: 'until {{at}}',
  late: 'overdue since {{at}}',
  reason: 'Comment',
  lacks: 'Needed: {{what}}',
  done: 'The decision is written down.',
}

export const approvalWords = { ru, en } as const
