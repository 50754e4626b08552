import {
  IconCar,
  IconClipboardCheck,
  IconCoins,
  IconLayoutKanban,
  IconMap2,
  IconSettings2,
  IconSunrise,
} from '@tabler/icons-react'

type Section = {
  readonly path: string
  readonly word: string
  /** Whom the server lets read it; absent: everybody. */
  readonly roles?: readonly string[]
}
type Group = { readonly word: string; readonly Icon: typeof IconCar; readonly sections: readonly Section[] }

const OFFICE = ['owner', 'head', 'manager', 'support', 'security', 'papers', 'dispatcher', 'accountant', 'auditor']
const MONEY = ['owner', 'head', 'manager', 'support', 'accountant', 'auditor']
const RULES = ['owner', 'head', 'manager', 'support', 'security', 'auditor']
const CALLS = ['owner', 'head', 'manager', 'support', 'security', 'service', 'dispatcher', 'auditor']
const WORKERS = [...OFFICE.filter((role) => role !== 'auditor'), 'service', 'mechanic', 'technician']

/** The navigation: a few groups at the side, their pages in a line above the page. A new page joins by a line here and a route in app.tsx. */
export const GROUPS: readonly Group[] = [
  {
    word: 'nav.morning',
    Icon: IconSunrise,
    sections: [{ path: '/morning', word: 'nav.morning', roles: ['owner', 'head', 'accountant', 'auditor'] }],
  },
  { word: 'nav.map', Icon: IconMap2, sections: [{ path: '/', word: 'nav.map' }] },
  {
    word: 'nav.fleet',
    Icon: IconCar,
    sections: [
      { path: '/vehicles', word: 'nav.vehicles' },
      { path: '/drivers', word: 'nav.drivers', roles: OFFICE },
      { path: '/leases', word: 'nav.leases', roles: [...OFFICE, 'service'] },
      { path: '/gateways', word: 'nav.gateways' },
    ],
  },
  {
    word: 'nav.work',
    Icon: IconLayoutKanban,
    sections: [
      { path: '/workplace', word: 'nav.workplace', roles: WORKERS },
      { path: '/processes', word: 'nav.processes' },
      { path: '/approvals', word: 'nav.approvals' },
      { path: '/dispatcher', word: 'nav.dispatcher', roles: ['owner', 'head', 'manager', 'dispatcher'] },
      { path: '/mechanic', word: 'nav.mechanic', roles: ['owner', 'head', 'service', 'mechanic'] },
      { path: '/reports', word: 'nav.reports', roles: ['owner', 'head', 'accountant', 'auditor'] },
      { path: '/running', word: 'nav.running', roles: ['owner', 'head', 'auditor'] },
      { path: '/definitions', word: 'nav.definitions', roles: ['owner', 'head', 'auditor'] },
    ],
  },
  {
    word: 'nav.money',
    Icon: IconCoins,
    sections: [
      { path: '/money', word: 'nav.postings', roles: MONEY },
      { path: '/promises', word: 'nav.promises', roles: MONEY },
      { path: '/balances', word: 'nav.balances', roles: MONEY },
      { path: '/agents', word: 'nav.agents', roles: MONEY.filter((role) => role !== 'support') },
    ],
  },
  {
    word: 'nav.order',
    Icon: IconClipboardCheck,
    sections: [
      { path: '/inspections', word: 'nav.inspections' },
      { path: '/papers', word: 'nav.papers' },
      { path: '/zones', word: 'nav.zones' },
      {
        path: '/appeals',
        word: 'nav.appeals',
        roles: ['owner', 'head', 'manager', 'support', 'security', 'dispatcher', 'auditor'],
      },
      {
        path: '/inbox',
        word: 'nav.inbox',
        roles: ['owner', 'head', 'manager', 'support', 'service', 'dispatcher', 'auditor'],
      },
      { path: '/calls', word: 'nav.calls', roles: CALLS },
      { path: '/messages', word: 'nav.messages', roles: OFFICE.filter((role) => role !== 'accountant') },
    ],
  },
  {
    word: 'nav.settings',
    Icon: IconSettings2,
    sections: [
      { path: '/rules', word: 'nav.rules', roles: RULES },
      { path: '/decisions', word: 'nav.decisions', roles: [...RULES, 'accountant'] },
      { path: '/policies', word: 'nav.policies' },
      { path: '/governor', word: 'nav.governor' },
      { path: '/people', word: 'nav.people', roles: ['owner', 'head'] },
      { path: '/quarantine', word: 'nav.quarantine', roles: ['owner', 'head', 'technician', 'auditor'] },
      { path: '/audit', word: 'nav.audit', roles: ['owner', 'head', 'security', 'auditor'] },
    ],
  },
]

/** Pure. Whether an address belongs to a section: a vehicle's card stands under «Машины». */
export const isIn = (section: string, path: string): boolean =>
  section === '/' ? path === '/' : path === section || path.startsWith(`${section}/`)

/** Pure. The groups of which somebody may see anything, with what he may see. */
export const groupsFor = (role: string): readonly Group[] =>
  GROUPS.map((group) => ({
    ...group,
    sections: group.sections.filter(({ roles }) => roles === undefined || roles.includes(role)),
  })).filter(({ sections }) => sections.length > 0)
