/** The basemap's colours: quiet enough that a red square of 12 pixels is the loudest thing on it. */
export type MapPalette = {
  readonly outside: string
  readonly region: string
  readonly city: string
  readonly park: string
  readonly water: string
  readonly border: string
  readonly cityBorder: string
  readonly districtBorder: string
  readonly minor: string
  readonly road: string
  readonly trunk: string
  readonly casing: string
  readonly label: string
  readonly quietLabel: string
  readonly halo: string
  readonly tone: Readonly<Record<'good' | 'wait' | 'stop' | 'unknown', string>>
  readonly accent: string
  readonly ink: string
}

export type Scheme = 'light' | 'dark'

export const PALETTE: Readonly<Record<Scheme, MapPalette>> = {
  light: {
    outside: '#d9dde2',
    region: '#e9ebea',
    city: '#f1f0ec',
    park: '#d3e3c9',
    water: '#b3d0e4',
    border: '#7d8ba0',
    cityBorder: '#a3adba',
    districtBorder: '#bcc4cd',
    minor: '#ffffff',
    road: '#ffffff',
    trunk: '#fbe3ad',
    casing: '#cfd0cc',
    label: '#3b4451',
    quietLabel: '#6a7482',
    halo: '#fbfbf9',
    tone: { good: '#14705a', wait: '#c27700', stop: '#c22b20', unknown: '#68727f' },
    accent: '#1d5799',
    ink: '#ffffff',
  },
  dark: {
    outside: '#0d1014',
    region: '#15191f',
    city: '#1b2027',
    park: '#1c2d25',
    water: '#18304a',
    border: '#5d6b7f',
    cityBorder: '#414c5a',
    districtBorder: '#2b333d',
    minor: '#2a313a',
    road: '#39424e',
    trunk: '#5a5240',
    casing: '#12161a',
    label: '#c3cad4',
    quietLabel: '#8a94a2',
    halo: '#12161b',
    tone: { good: '#4fc3a1', wait: '#f0ad4a', stop: '#ff7a6f', unknown: '#98a2af' },
    accent: '#80abe2',
    ink: '#10141a',
  },
}
