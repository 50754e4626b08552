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

/** Every word on screen, English. Keys are the same as in ru.ts; a test compares them. */
export const en = {
  app: {
    name: 'Kordon',
    skip: 'Skip to content',
    language: 'Language',
    signOut: 'Sign out',
    stillIn: 'Signing out did not work, you are still signed in. {{why}}',
    menu: 'User menu',
    loading: 'Loading…',
    retry: 'Try again',
    cancel: 'Cancel',
    close: 'Close',
    confirm: 'Confirm',
    copy: 'Copy',
    copied: 'Copied',
    back: 'Back',
    notFound: 'There is no such page',
    toMap: 'Open the map',
    unknown: 'no data',
    more: 'Show more',
    stale: 'The screen shows data of {{at}}.',
    broken: 'This page broke. The others work; the error is in the console of the browser.',
  },
  nav: {
    label: 'Sections',
    approvals: 'Waits for you',
    dispatcher: 'Dispatcher',
    mechanic: 'Mechanic',
    reports: 'Reports',
    definitions: 'Definitions',
    running: 'What runs',
    morning: 'Morning',
    map: 'Map',
    fleet: 'Fleet',
    vehicles: 'Vehicles',
    drivers: 'Drivers',
    leases: 'Leases',
    gateways: 'Gateways',
    money: 'Money',
    postings: 'Postings',
    promises: 'Promises',
    agents: 'Agents',
    balances: 'Balances',
    order: 'Upkeep',
    work: 'Work',
    workplace: 'Workplace',
    processes: 'Processes',
    inspections: 'Inspections',
    papers: 'Papers',
    zones: 'Zones',
    messages: 'Messages',
    appeals: 'Appeals',
    calls: 'Calls',
    inbox: 'Shared inbox',
    settings: 'Settings',
    rules: 'Rules',
    decisions: 'Decisions',
    policies: 'Policies',
    governor: 'Control',
    people: 'Users',
    quarantine: 'Quarantine',
    audit: 'Audit',
  },
  role: {
    owner: 'Owner',
    head: 'Head of department',
    manager: 'Manager',
    technician: 'Technician',
    security: 'Security service',
    mechanic: 'Mechanic',
    dispatcher: 'Dispatcher',
    support: 'Support',
    papers: 'Paperwork',
    service: 'Service',
    accountant: 'Accountant',
    auditor: 'Auditor',
    driver: 'Driver',
    integration: 'Integration',
  },
  signIn: {
    title: 'Sign in',
    lead: 'Where the cars are, what they need, and whether they may start.',
    login: 'Login',
    password: 'Password',
    submit: 'Sign in',
    wrong: 'Login or password is wrong.',
    throttled: 'Too many attempts. Wait a little and try again.',
    throttledFor: 'Too many attempts. Try again in {{span}}.',
    unreachable: 'The server does not answer. Check the connection and try again.',
  },
  setUp: {
    title: 'The first account',
    lead: 'The link works once. This account is the owner’s, who then makes the others.',
    name: 'Your name',
    login: 'Login',
    loginHint: 'Latin letters and digits, a letter first',
    password: 'Password',
    submit: 'Create and sign in',
    noToken: 'The link carries no key. Open it whole, as it was printed at start.',
  },
  live: {
    down: 'No connection to the server.',
    dataFrom: 'The screen shows data of {{at}}, {{age}}. Reconnecting…',
    restored: 'Connected again, data refreshed.',
  },
  ...fleetWords.en,
  ...vehicleWords.en,
  ...immobilizerWords.en,
  ...governorWords.en,
  ...holdWords.en,
  ...orderWords.en,
  ...eventWords.en,
  ruleNames: { 'zone-exit': 'Leaving the zone', zone_exit: 'Leaving the zone', zone_back: 'Back in the zone' },
  zoneNames: { 'moscow-region': 'Moscow and its region' },
  ...gatewayWords.en,
  ...mapWords.en,
  account: accountWords.en,
  people: peopleWords.en,
  audit: auditWords.en,
  driver: driverWords.en,
  lease: leaseWords.en,
  money: moneyPageWords.en,
  inspection: inspectionWords.en,
  paper: paperWords.en,
  process: processWords.en,
  workplace: workplaceWords.en,
  rule: ruleWords.en,
  policy: policyWords.en,
  morning: morningWords.en,
  message: messageWords.en,
  ledger: ledgerWords.en,
  quarantine: quarantineWords.en,
  configuration: configurationWords.en,
  sheet: sheetWords.en,
  agents: agentWords.en,
  appeal: appealWords.en,
  calls: callPageWords.en,
  inbox: inboxWords.en,
  zonePage: zonePageWords.en,
  approvals: approvalWords.en,
  definitions: definitionWords.en,
  dispatcher: dispatcherWords.en,
  fields: fieldWords.en,
  mechanic: mechanicWords.en,
  reports: reportWords.en,
  running: runningWords.en,
  refusal: refusals.en,
  ...problemWords.en,
} as const
