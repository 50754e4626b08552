import { createTheme, type MantineColorsTuple, Modal } from '@mantine/core'

/** Deep blue ink: the one accent. Red, amber and green are kept for states and never decorate. */
const ink: MantineColorsTuple = [
  '#edf4fc',
  '#d7e5f6',
  '#adc9ec',
  '#80abe2',
  '#5a92d9',
  '#3a74bd',
  '#2b6cb8',
  '#1d5799',
  '#16457c',
  '#0f3360',
]
/** Deep enough that white words on it can be read (4.5 : 1) in both schemes. */
const red: MantineColorsTuple = [
  '#fdeceb',
  '#f8d4d1',
  '#f0a8a2',
  '#e67a72',
  '#dc554b',
  '#cb3b31',
  '#bd2f26',
  '#b3261e',
  '#941d17',
  '#741512',
]
/** Cool greys for the dark scheme, a little blue so that the map and the panels belong together. */
const dark: MantineColorsTuple = [
  '#d5d9df',
  '#b6bcc6',
  '#98a0ad',
  '#6d7685',
  '#434b58',
  '#343b46',
  '#262c35',
  '#1c2128',
  '#14181e',
  '#0e1116',
]

export const theme = createTheme({
  primaryColor: 'ink',
  primaryShade: { light: 7, dark: 5 },
  colors: { ink, red, dark },
  defaultRadius: 'md',
  fontFamily: 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Consolas, "DejaVu Sans Mono", monospace',
  headings: { fontWeight: '650', sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.05rem' } } },
  cursorType: 'pointer',
  components: { Modal: Modal.extend({ styles: { title: { fontSize: '1.0625rem', fontWeight: 650 } } }) },
})
