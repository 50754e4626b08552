const ru = {
  causes: {
    'gateway-off': 'шлюз был без питания',
    thinned: 'шлюзу не хватило места, часть данных не сохранена',
    'area-outage': 'связи не было во всём районе',
    'no-contact': 'машина была не на связи',
    jammed: 'спутники заглушены',
    deceived: 'положение подменено или недостоверно',
    'no-fix': 'спутников не видно',
    unknown: 'причина неизвестна',
  },
  revisions: 'Пересчитан',
  revision: '{{at}}: {{km}}, {{reason}}',
  reasons: {
    first: 'первый подсчёт',
    'late-frames': 'данные пришли позже',
    'earlier-day-changed': 'изменился день перед ним',
    'frames-gone': 'часть данных удалена по сроку, осталось прежнее значение',
  },
} as const

type Same<T> = { readonly [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

const en: Same<typeof ru> = {
  causes: {
    'gateway-off': 'the gateway was without power',
    thinned: 'the gateway ran out of room, some data were not kept',
    'area-outage': 'the whole district was without connection',
    'no-contact': 'the vehicle was out of contact',
    jammed: 'satellites were jammed',
    deceived: 'the position was forged or is not trusted',
    'no-fix': 'no satellites in view',
    unknown: 'cause unknown',
  },
  revisions: 'Counted anew',
  revision: '{{at}}: {{km}}, {{reason}}',
  reasons: {
    first: 'first count',
    'late-frames': 'data came later',
    'earlier-day-changed': 'the day before it changed',
    'frames-gone': 'some data were deleted by age, the value before stays',
  },
}

/** Why kilometres are missing, and why a day was counted anew. */
export const ledgerWords = { ru, en } as const
