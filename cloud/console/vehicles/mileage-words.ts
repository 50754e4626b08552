const ru = {
  causes: {
    'gateway-off': 'шлюз был без питания',
    thinned: 'шлюзу не хватило места, часть данных не сохранена',
    'clock-wrong': 'часы шлюза спешили, данные этого времени не отнесены к машине',
    'no-gateway': 'в машине не было шлюза',
    'area-outage': 'связи не было во всём районе',
    'no-contact': 'машина была не на связи',
    jammed: 'спутники заглушены',
    deceived: 'положение подменено или недостоверно',
    'no-fix': 'спутников не видно',
    unknown: 'причина неизвестна',
  },
  missing_one: 'Ещё не пришла {{count}} запись шлюза ({{time}}, ждём с {{since}}): километров может прибавиться',
  missing_few: 'Ещё не пришли {{count}} записи шлюза ({{time}}, ждём с {{since}}): километров может прибавиться',
  missing_many: 'Ещё не пришло {{count}} записей шлюза ({{time}}, ждём с {{since}}): километров может прибавиться',
  missing_other: 'Ещё не пришло {{count}} записи шлюза ({{time}}, ждём с {{since}}): километров может прибавиться',
  missingTime: '{{from}} – {{to}}',
  missingBefore: 'до {{to}}',
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
    'clock-wrong': 'the clock of the gateway was ahead, data of this time are not filed under the vehicle',
    'no-gateway': 'no gateway was in the vehicle',
    'area-outage': 'the whole district was without connection',
    'no-contact': 'the vehicle was out of contact',
    jammed: 'satellites were jammed',
    deceived: 'the position was forged or is not trusted',
    'no-fix': 'no satellites in view',
    unknown: 'cause unknown',
  },
  missing_one:
    '{{count}} record of the gateway has not come yet ({{time}}, awaited since {{since}}): there may be more kilometres',
  missing_few:
    '{{count}} records of the gateway have not come yet ({{time}}, awaited since {{since}}): there may be more kilometres',
  missing_many:
    '{{count}} records of the gateway have not come yet ({{time}}, awaited since {{since}}): there may be more kilometres',
  missing_other:
    '{{count}} records of the gateway have not come yet ({{time}}, awaited since {{since}}): there may be more kilometres',
  missingTime: '{{from}} – {{to}}',
  missingBefore: 'before {{to}}',
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
