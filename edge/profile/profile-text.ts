import { Profile } from '#contract/profile.ts'
import { mistakesOfIssues } from './issue-text.ts'
import { profileMistakes } from './profile-check.ts'
import { type FileMistake, readYaml } from './yaml-text.ts'

export type ReadProfile =
  | { readonly profile: Profile; readonly mistakes: readonly [] }
  | { readonly mistakes: readonly FileMistake[] }

/** Pure. A profile's text; `file` is used to name mistakes and must carry the profile's id. */
export function parseProfile(text: string, file: string): ReadProfile {
  const yaml = readYaml(text, file)
  if (yaml.kind === 'broken') return { mistakes: yaml.mistakes }
  const parsed = Profile.safeParse(yaml.value)
  if (!parsed.success) return { mistakes: yaml.place(mistakesOfIssues(parsed.error.issues, Profile)) }
  const profile = parsed.data
  const isNamed = file.split(/[/\\]/).at(-1) === `${profile.id}.yaml`
  const misnamed = isNamed ? [] : [{ path: ['id'], reason: `the file is to be named ${profile.id}.yaml` }]
  const mistakes = yaml.place([...profileMistakes(profile), ...misnamed])
  return mistakes.length === 0 ? { profile, mistakes: [] } : { mistakes }
}
