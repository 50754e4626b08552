import { accountWords } from '../account/words.ts'
import { agentWords } from '../agents/words.ts'
import { appealWords } from '../appeals/words.ts'
import { approvalWords } from '../approvals/words.ts'
import { auditWords } from '../audit/words.ts'
import { callPageWords } from '../calls/words.ts'
import { definitionWords } from '../definitions/words.ts'
import { dispatcherWords } from '../dispatcher/words.ts'
import { driverWords } from '../drivers/words.ts'
import { fieldWords } from '../fields/words.ts'
import { configurationWords } from '../gateways/configuration-words.ts'
import { sheetWords } from '../gateways/sheet-words.ts'
import { gatewayWords } from '../gateways/words.ts'
import { governorWords } from '../governor/words.ts'
import { orderWords } from '../holds/step-words.ts'
import { immobilizerWords } from '../holds/wait-words.ts'
import { holdWords } from '../holds/words.ts'
import { inboxWords } from '../inbox/words.ts'
import { inspectionWords } from '../inspections/words.ts'
import { leaseWords } from '../leases/words.ts'
import { mapWords } from '../map/words.ts'
import { mechanicWords } from '../mechanic/words.ts'
import { messageWords } from '../messages/words.ts'
import { moneyPageWords } from '../money/words.ts'
import { morningWords } from '../morning/words.ts'
import { paperWords } from '../papers/words.ts'
import { peopleWords } from '../people/words.ts'
import { policyWords } from '../policies/words.ts'
import { processWords, workplaceWords } from '../processes/words.ts'
import { quarantineWords } from '../quarantine/words.ts'
import { reportWords } from '../reports/words.ts'
import { ruleWords } from '../rules/words.ts'
import { runningWords } from '../running/words.ts'
import { eventWords } from '../vehicles/event-words.ts'
import { fleetWords } from '../vehicles/fleet-words.ts'
import { ledgerWords } from '../vehicles/mileage-words.ts'
import { vehicleWords } from '../vehicles/words.ts'
import { zonePageWords } from '../zones/words.ts'
import { problemWords } from './answer-words.ts'
import { refusals } from './refusal-words.ts'

/** Every word on screen, Russian. Keys are the same as in en.ts; a test compares them. */
export const ru = {
  app: {
    name: 'Kordon',
    skip: 'К содержанию',
    language: 'Язык',
    signOut: 'Выйти',
    stillIn: 'Выйти не удалось, вы всё ещё в системе. {{why}}',
    menu: 'Меню пользователя',
    loading: 'Загружаем…',
    retry: 'Повторить',
    cancel: 'Отмена',
    close: 'Закрыть',
    confirm: 'Подтвердить',
    copy: 'Скопировать',
    copied: 'Скопировано',
    back: 'Назад',
    notFound: 'Такой страницы нет',
    toMap: 'Открыть карту',
    unknown: 'нет данных',
    more: 'Показать ещё',
    stale: 'На экране данные на {{at}}.',
    broken: 'Страница сломалась. Остальные работают; ошибка записана в консоль браузера.',
  },
  nav: {
    label: 'Разделы',
    approvals: 'Ждёт слова',
    dispatcher: 'Диспетчер',
    mechanic: 'Механик',
    reports: 'Отчёты',
    definitions: 'Описания',
    running: 'Что идёт',
    morning: 'Утро',
    map: 'Карта',
    fleet: 'Парк',
    vehicles: 'Машины',
    drivers: 'Водители',
    leases: 'Договоры',
    gateways: 'Шлюзы',
    money: 'Деньги',
    postings: 'Проводки',
    promises: 'Обещания',
    agents: 'Агенты',
    balances: 'Балансы',
    order: 'Порядок',
    work: 'Работа',
    workplace: 'Рабочее место',
    processes: 'Процессы',
    inspections: 'ТО',
    papers: 'Документы',
    zones: 'Зоны',
    messages: 'Сообщения',
    appeals: 'Обращения',
    calls: 'Звонки',
    inbox: 'Общий ящик',
    settings: 'Настройки',
    rules: 'Правила',
    decisions: 'Решения',
    policies: 'Политики',
    governor: 'Контроль',
    people: 'Пользователи',
    quarantine: 'Карантин',
    audit: 'Журнал',
  },
  role: {
    owner: 'Владелец',
    head: 'Руководитель отдела',
    manager: 'Менеджер',
    technician: 'Техник',
    security: 'Служба безопасности',
    mechanic: 'Механик',
    dispatcher: 'Диспетчер',
    support: 'Поддержка',
    papers: 'Оформление документов',
    service: 'Сервис',
    accountant: 'Бухгалтер',
    auditor: 'Аудитор',
    driver: 'Водитель',
    integration: 'Интеграция',
  },
  signIn: {
    title: 'Вход',
    lead: 'Где машины, что с ними и можно ли их завести.',
    login: 'Логин',
    password: 'Пароль',
    submit: 'Войти',
    wrong: 'Логин или пароль не подходят.',
    throttled: 'Слишком много попыток. Подождите и попробуйте снова.',
    throttledFor: 'Слишком много попыток. Попробуйте снова через {{span}}.',
    unreachable: 'Сервер не отвечает. Проверьте связь и попробуйте снова.',
  },
  setUp: {
    title: 'Первая учётная запись',
    lead: 'Ссылка одноразовая. Эта запись будет у владельца: остальных заведёт он.',
    name: 'Как вас зовут',
    login: 'Логин',
    loginHint: 'Латинские буквы и цифры, начинается с буквы',
    password: 'Пароль',
    submit: 'Создать и войти',
    noToken: 'В ссылке нет ключа. Откройте её целиком, как она напечатана при запуске.',
  },
  live: {
    down: 'Нет связи с сервером.',
    dataFrom: 'На экране данные на {{at}}, {{age}}. Переподключаемся…',
    restored: 'Связь восстановлена, данные обновлены.',
  },
  ...fleetWords.ru,
  ...vehicleWords.ru,
  ...immobilizerWords.ru,
  ...governorWords.ru,
  ...holdWords.ru,
  ...orderWords.ru,
  ...eventWords.ru,
  ruleNames: { 'zone-exit': 'Выезд из зоны', zone_exit: 'Выезд из зоны', zone_back: 'Возвращение в зону' },
  zoneNames: { 'moscow-region': 'Москва и Московская область' },
  ...gatewayWords.ru,
  ...mapWords.ru,
  account: accountWords.ru,
  people: peopleWords.ru,
  audit: auditWords.ru,
  driver: driverWords.ru,
  lease: leaseWords.ru,
  money: moneyPageWords.ru,
  inspection: inspectionWords.ru,
  paper: paperWords.ru,
  process: processWords.ru,
  workplace: workplaceWords.ru,
  rule: ruleWords.ru,
  policy: policyWords.ru,
  morning: morningWords.ru,
  message: messageWords.ru,
  ledger: ledgerWords.ru,
  quarantine: quarantineWords.ru,
  configuration: configurationWords.ru,
  sheet: sheetWords.ru,
  agents: agentWords.ru,
  appeal: appealWords.ru,
  calls: callPageWords.ru,
  inbox: inboxWords.ru,
  zonePage: zonePageWords.ru,
  approvals: approvalWords.ru,
  definitions: definitionWords.ru,
  dispatcher: dispatcherWords.ru,
  fields: fieldWords.ru,
  mechanic: mechanicWords.ru,
  reports: reportWords.ru,
  running: runningWords.ru,
  refusal: refusals.ru,
  ...problemWords.ru,
} as const
