import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { check } from './lint/lint.ts'
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
  .action((paths: string[], options: { readonly json?: boolean }) => {
    const { definitions, problems } = check(readFiles(paths))
    if (options.json === true) console.log(JSON.stringify({ problems }, null, 2))
    else if (problems.length > 0) console.log(problems.map(problemLine).join('\n'))
    else {
      const stages = [...definitions.pipelines.values()].reduce((sum, { stages: own }) => sum + own.length, 0)
      console.log(
        `Ошибок нет: воронок ${definitions.pipelines.size}, этапов ${stages}, процессов ${definitions.processes.size}, правил ${definitions.rules.size}, задач ${definitions.tasks.size}, сообщений ${definitions.messages.size}, документов ${definitions.documents.size}`,
      )
    }
    if (problems.length > 0) process.exitCode = 1
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
