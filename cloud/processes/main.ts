import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { diff } from './definitions/diff.ts'
import { drawing } from './definitions/drawing.ts'
import { speechIn } from './definitions/speech.ts'
import { RUSSIAN_HOLIDAYS } from './engine/holidays.ts'
import { createMachine } from './engine/machine.ts'
import { play } from './engine/play.ts'
import { check } from './lint/lint.ts'
import { problemIn } from './lint/problem-words.ts'
import type { Definitions } from './notation/definitions.ts'
import { problemLine } from './notation/problem.ts'
import type { SourceFile } from './notation/source.ts'

/** Files and folders → the YAML files in them, shared ones first so that the rest can lean on them. */
function readFiles(paths: readonly string[]): readonly SourceFile[] {
  const found = paths.flatMap((path): readonly string[] => {
    if (!existsSync(path)) throw new Error(`${path}: нет такого файла или папки`)
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name))
  })
  return [...new Set(found)].map((name) => ({ name, text: readFileSync(name, 'utf8') }))
}

/** Definitions without a mistake; with one they are named, and the command ends. */
function readChecked(paths: readonly string[]): Definitions {
  const { definitions, problems } = check(readFiles(paths))
  if (problems.length > 0) throw new Error(`в файлах ошибки:\n${problems.map(problemLine).join('\n')}`)
  return definitions
}

type Spoken = { readonly language: string }
const languageOf = ({ language }: Spoken): 'ru' | 'en' => (language === 'en' ? 'en' : 'ru')
const LANGUAGE = ['--language <ru|en>', 'ru или en', 'ru'] as const

const program = new Command('kordon process')
  .description(
    'Воронки, процессы и правила как файлы: проверить, сравнить, проиграть, нарисовать. Код 0: годится, 1: нет, 2: неверный вызов.',
  )
  .exitOverride()

program
  .command('check')
  .description('проверяет файлы: где, что не так и что сделать')
  .argument('<files...>', 'файлы или папки .yaml; вместе они должны быть полными')
  .option('--json', 'результат в JSON')
  .option(...LANGUAGE)
  .action((paths: string[], options: Spoken & { readonly json?: boolean }) => {
    const checked = check(readFiles(paths))
    const { definitions } = checked
    const problems = checked.problems.map(problemIn(languageOf(options)))
    if (options.json === true) console.log(JSON.stringify({ problems }, null, 2))
    else if (problems.length > 0) console.log(problems.map(problemLine).join('\n'))
    else {
      const stages = [...definitions.pipelines.values()].reduce((sum, { stages: own }) => sum + own.length, 0)
      console.log(
        languageOf(options) === 'en'
          ? `No mistakes: pipelines ${definitions.pipelines.size}, stages ${stages}, processes ${definitions.processes.size}, rules ${definitions.rules.size}, tasks ${definitions.tasks.size}, messages ${definitions.messages.size}, documents ${definitions.documents.size}`
          : `Ошибок нет: воронок ${definitions.pipelines.size}, этапов ${stages}, процессов ${definitions.processes.size}, правил ${definitions.rules.size}, задач ${definitions.tasks.size}, сообщений ${definitions.messages.size}, документов ${definitions.documents.size}`,
      )
    }
    if (problems.length > 0) process.exitCode = 1
  })

program
  .command('diff')
  .description('говорит словами, что изменится')
  .argument('<before>', 'папка или файл, как было')
  .argument('<after>', 'папка или файл, как стало')
  .option(...LANGUAGE)
  .action((before: string, after: string, options: Spoken) => {
    const now = readChecked([after])
    const { own } = speechIn(languageOf(options), now.english)
    const lines = diff(readChecked([before]), now).map(own)
    const nothing = languageOf(options) === 'en' ? 'Nothing changes' : 'Ничего не изменится'
    console.log(lines.length === 0 ? nothing : lines.join('\n'))
  })

program
  .command('play')
  .description('проигрывает файл событий и рассказывает путь карточек')
  .argument('<events>', 'события .jsonl, по одному на строку')
  .argument('<files...>', 'файлы или папки .yaml')
  .action((events: string, paths: string[]) => {
    const machine = createMachine(1, readChecked(paths), RUSSIAN_HOLIDAYS)
    console.log(play(machine, readFileSync(events, 'utf8')).join('\n'))
  })

program
  .command('render')
  .description('рисует воронку или процесс как SVG')
  .argument('<id>', 'воронка или процесс')
  .argument('<files...>', 'файлы или папки .yaml')
  .option('--out <file>', 'куда записать; иначе на экран')
  .option(...LANGUAGE)
  .action((id: string, paths: string[], options: Spoken & { readonly out?: string }) => {
    const definitions = readChecked(paths)
    const svg = drawing(definitions, id, languageOf(options))
    if (svg === undefined)
      throw new Error(
        `нет воронки или процесса «${id}»; есть ${[...definitions.pipelines.keys(), ...definitions.processes.keys()].join(', ')}`,
      )
    if (options.out === undefined) console.log(svg)
    else writeFileSync(options.out, `${svg}\n`)
  })

try {
  const [, , first, ...rest] = process.argv
  await program.parseAsync(first === 'process' ? rest : process.argv.slice(2), { from: 'user' })
} catch (cause) {
  if (cause instanceof CommanderError) process.exitCode = cause.exitCode === 0 ? 0 : 2
  else {
    console.error(`kordon: ${cause instanceof Error ? cause.message : String(cause)}`)
    process.exitCode = 1
  }
}
