/** What can happen to an account that its person has to hear of, besides by the page that did it. */
const WORDS = {
  password: 'сменён пароль',
  recovered: 'доступ восстановлен по ссылке владельца, прежний второй фактор снят',
  'recovery-link': 'выдана ссылка для восстановления доступа',
  'recovery-code': 'вход по запасному коду',
  rights: 'изменены роль или парки',
  'factor-added': 'добавлен второй фактор',
  'factor-removed': 'снят второй фактор',
  codes: 'выданы новые запасные коды',
  'outside-linked': 'подключён вход через внешнюю службу',
  'number-set': 'этот номер указан для уведомлений',
  'number-left': 'для уведомлений указан другой номер',
  closed: 'учётная запись закрыта',
} as const
export type AccountChanged = keyof typeof WORDS

/** Pure. The change in words, as the message `account_changed` has it. */
export const changeWords = (change: AccountChanged): string => WORDS[change]
