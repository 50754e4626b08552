import { IconCar, IconCpu, IconMap2, IconShieldLock } from '@tabler/icons-react'

/** The entries of the navigation, in order; a new page joins by a line here and a route in app.tsx. */
export const SECTIONS = [
  { path: '/', word: 'nav.map', Icon: IconMap2 },
  { path: '/vehicles', word: 'nav.vehicles', Icon: IconCar },
  { path: '/gateways', word: 'nav.gateways', Icon: IconCpu },
  { path: '/governor', word: 'nav.governor', Icon: IconShieldLock },
] as const

/** Pure. Whether an address belongs to a section: a vehicle's card stands under «Машины». */
export const isIn = (section: string, path: string): boolean =>
  section === '/' ? path === '/' : path === section || path.startsWith(`${section}/`)
