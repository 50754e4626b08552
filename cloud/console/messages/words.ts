const ru = {
  title: 'Сообщения',
  lead: 'Что, кому и почему сказано, и дошло ли.',
  none: 'Сообщений не было.',
  state: 'Состояние',
  anyState: 'Любое',
  states: {
    queued: 'Ждёт отправки',
    sent: 'Отправлено',
    delivered: 'Доставлено',
    failed: 'Не доставлено',
    'no-channel': 'Некуда отправить',
  },
  channels: { max: 'MAX', sms: 'SMS', call: 'звонок', email: 'почта', log: 'только здесь' },
  inside: 'наружу не отправлено',
  goesAt: 'уйдёт в {{at}}',
  columns: { what: 'Сообщение', to: 'Кому', state: 'Состояние', at: 'Когда', because: 'Почему' },
} as const

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

const en: Same<typeof ru> = {
  title: 'Messages',
  lead: 'What was said to whom and why, and whether it arrived.',
  none: 'No messages.',
  state: 'State',
  anyState: 'Any',
  states: {
    queued: 'Waits to go',
    sent: 'Sent',
    delivered: 'Delivered',
    failed: 'Not delivered',
    'no-channel': 'No way to send it',
  },
  channels: { max: 'MAX', sms: 'SMS', call: 'call', email: 'e-mail', log: 'here only' },
  inside: 'not sent outside',
  goesAt: 'goes at {{at}}',
  columns: { what: 'Message', to: 'To', state: 'State', at: 'When', because: 'Because' },
}

export const messageWords = { ru, en } as const
