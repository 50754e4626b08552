import { inRussian } from './russian.ts'

type Env = Readonly<Record<string, string | undefined>>

const isRussian = (env: Env): boolean => (env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '').startsWith('ru')

/** A sentence in the language of the person at the car. What `--json` prints is always English. */
export const said = (text: string, env: Env = process.env): string => (isRussian(env) ? inRussian(text) : text)
