import type { Definitions } from '../notation/definitions.ts'
import type { Position, Report } from '../notation/problem.ts'
import type { NamedRead } from '../notation/read.ts'
import { fieldOf } from './scope.ts'
import { flattened, type Site } from './sites.ts'

/** What the engine itself puts into every text. */
const GIVEN: Readonly<Record<string, readonly string[]>> = {
  stage: ['title', 'age', 'limit', 'id', 'enteredAt'],
  links: ['card', 'driverPage', 'pay', 'booking', 'upload', 'statement'],
  service: ['address', 'phone', 'name'],
  support: ['phone'],
  parking: ['address', 'name'],
  company: ['name', 'inn', 'address', 'phone'],
}
const READ_FIELDS: Readonly<Record<string, readonly string[]>> = {
  balance_of: ['kopecks', 'asOf'],
  zone_state: ['inside', 'since'],
  shift_of: ['driver', 'since'],
}
export const MASK = /\{\{\s*([\w.]+)\s*\}\}/g
type Sent = { readonly message: string; readonly reads: readonly NamedRead[] }

/** Check 17: masks name what is there, and money prints its own sign. */
export function checkMasks(definitions: Definitions, sites: readonly Site[], report: Report): void {
  for (const { message, reads } of sentOf(definitions, sites)) {
    const found = definitions.messages.get(message)
    if (found === undefined) continue
    for (const match of found.text.matchAll(MASK)) checkMask(definitions, match[1] ?? '', reads, found.pos, report)
    for (const match of found.text.matchAll(/\{\{\s*([\w.]+)\s*\}\}\s*(₽|руб)/g))
      if (isMoney(definitions, match[1] ?? '', reads))
        report(
          found.pos,
          17,
          `После {{${match[1]}}} лишний знак валюты`,
          'Уберите его: деньги печатаются вместе со знаком',
        )
  }
}

/** Check 17 too: a file that a message asks for goes into a field of a file. */
export function checkUploads(definitions: Definitions, report: Report): void {
  for (const { id, upload } of definitions.messages.values()) {
    if (upload === undefined) continue
    const [root = '', field = ''] = upload.field.name.split('.')
    const type = fieldOf(definitions, root, field)?.type
    if (type?.of !== 'file' || type.list)
      report(
        upload.field.pos,
        17,
        `Файл по ссылке из «${id}» некуда положить: «${upload.field.name}» не поле типа file`,
        'Назовите поле карточки, в котором один файл',
      )
  }
}

function sentOf(definitions: Definitions, sites: readonly Site[]): readonly Sent[] {
  const byActions = sites.flatMap(({ actions, scope }) =>
    flattened(actions).flatMap((one): readonly Sent[] => {
      if (one.kind === 'send') return [{ message: one.message.name, reads: scope.reads }]
      return one.kind === 'telephony' && one.say !== undefined ? [{ message: one.say.name, reads: scope.reads }] : []
    }),
  )
  const bySteps = [...definitions.processes.values()].flatMap((process) =>
    process.steps.flatMap(({ body }): readonly Sent[] => {
      const reads = process.read
      if (body.kind === 'acknowledge') return [{ message: body.acknowledge.message.name, reads }]
      if (body.kind === 'first_response') return [{ message: body.firstResponse.message.name, reads }]
      return body.kind === 'remind' ? [{ message: body.remind.message.name, reads }] : []
    }),
  )
  return [...byActions, ...bySteps]
}

function checkMask(
  definitions: Definitions,
  path: string,
  reads: readonly NamedRead[],
  pos: Position,
  report: Report,
): void {
  const [root = '', field = ''] = path.split('.')
  const known =
    GIVEN[root]?.includes(field) === true ||
    (root === 'policy' && definitions.policy.has(field)) ||
    readHas(definitions, reads, root, field) ||
    fieldOf(definitions, root, field) !== undefined
  if (!known)
    report(
      pos,
      17,
      `Подстановка {{${path}}} ни на что не указывает`,
      'Берите поля карточки и её связей, прочитанное в read, policy, links, stage',
    )
}

function readHas(definitions: Definitions, reads: readonly NamedRead[], root: string, field: string): boolean {
  const read = reads.find(({ name }) => name === root)?.value
  if (read === undefined) return false
  if (read.kind === 'find') {
    const entity = read.entity?.name ?? definitions.pipelines.get(read.pipeline?.name ?? '')?.card.name ?? ''
    return fieldOf(definitions, entity, field) !== undefined
  }
  return READ_FIELDS[read.kind]?.includes(field) === true
}

function isMoney(definitions: Definitions, path: string, reads: readonly NamedRead[]): boolean {
  const [root = '', field = ''] = path.split('.')
  if (reads.some(({ name, value }) => name === root && value.kind === 'balance_of')) return field === 'kopecks'
  if (root === 'policy') return definitions.policy.get(field)?.type.of === 'money'
  return fieldOf(definitions, root, field)?.type.of === 'money'
}
