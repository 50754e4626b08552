import type { Definitions } from './definitions.ts'
import type { Pipeline } from './pipeline.ts'
import type { Process } from './process.ts'

type Words = string | undefined

/** Pure. Every name and sentence of these files that the staff read on a screen; messages and documents go to others. */
export function saidBy(definitions: Definitions): readonly string[] {
  const { org } = definitions
  const said: readonly Words[] = [
    ...[...definitions.pipelines.values()].flatMap(ofPipeline),
    ...[...definitions.processes.values()].flatMap(ofProcess),
    ...[...definitions.rules.values()].flatMap(({ title, folder }) => [title, folder]),
    ...[...definitions.tasks.values()].flatMap(({ title, help, outcomes }) => [title, help, ...titles(outcomes)]),
    ...[...definitions.entities.values()].flatMap(({ title, fields }) => [
      title,
      ...titles(fields.values()),
      ...[...fields.values()].flatMap(({ codes }) => [...codes.values()]),
    ]),
    ...titles(definitions.documents.values()),
    ...[...definitions.kpis.values()].flatMap(({ title, counts }) => [title, ...titles(counts)]),
    ...[org.roles, org.groups, org.workplaces, org.resources].flatMap((items) => titles(items.values())),
  ]
  return said.filter((words) => words !== undefined)
}

const titles = (items: Iterable<{ readonly title: Words }>): readonly Words[] => [...items].map(({ title }) => title)

const ofPipeline = ({ title, folder, focus, stages }: Pipeline): readonly Words[] => [
  title,
  folder,
  focus?.title,
  ...stages.flatMap((stage) => [
    stage.title,
    stage.help,
    stage.forClient,
    ...titles(stage.when),
    ...[...stage.guardIn, ...stage.guardOut].map(({ say }) => say),
  ]),
]

const ofProcess = ({ title, folder, steps }: Process): readonly Words[] => [
  title,
  folder,
  ...steps.flatMap(({ body }) => {
    if (body.kind === 'ask') return [body.ask.title, ...titles(body.ask.options)]
    return body.kind === 'acknowledge' ? [body.acknowledge.button] : []
  }),
]
