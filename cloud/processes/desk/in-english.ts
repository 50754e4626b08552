/** Words as the files write them → the same in English. */
export type English = ReadonlyMap<string, { readonly text: string }>

/** Where answers carry names and sentences of the definitions; whatever people typed stands elsewhere and stays. */
const SAID = new Set([
  'title',
  'titles',
  'pipelineTitle',
  'stageTitle',
  'stageHelp',
  'outcomeTitle',
  'entityTitle',
  'responsibleName',
  'folder',
  'help',
  'why',
  'missing',
  'detail',
  'label',
  'rows',
])

/** What the engine itself says. `{1}`, `{2}`: what stands in the brackets, in English too. */
const SENTENCES: readonly (readonly [RegExp, string])[] = [
  [/^(.+) \(нет данных\)$/, '{1} (no data)'],
  [/^(.+) \(нет данных: (.+)\)$/, '{1} (no data: {2})'],
  [/^Не заполнено: (.+)$/, 'Not filled: {1}'],
  [/^Не хватает: (.+)$/, 'Lacks: {1}'],
  [/^Эти поля вам не открыты: (.+)$/, 'These fields are not open to you: {1}'],
  [/^С этапа «(.+)» на «(.+)» перейти нельзя$/, 'It cannot go from “{1}” to “{2}”'],
  [/^В «(.+)» этап меняется сам, когда заполнена своя часть$/, 'In “{1}” the stage changes by itself'],
  [/^«(.+)» сейчас нельзя: условие не выполнено$/, '“{1}” is not possible now: its condition does not hold'],
  [/^«(.+)» не сделан, не хватает: (.+)$/, '“{1}” was not made, it lacks: {2}'],
  [/^Взял\(а\) (.+) в (\d\d:\d\d)$/, 'Taken by {1} at {2}'],
  [/^Эта задача уже закрыта$/, 'This task is closed already'],
  [/^У этой задачи нет такого результата$/, 'This task has no such outcome'],
  [/^Этот результат выбирает другая роль$/, 'This outcome is for another role'],
  [/^Этот процесс уже не идёт$/, 'This process has ended'],
  [/^Процесс на паузе: сначала возобновите его$/, 'The process is paused: let it go on first'],
  [/^Этот процесс уже идёт$/, 'This process is under way already'],
  [/^Этот процесс запускает другая роль$/, 'This process is started by another role'],
  [/^Такой кнопки здесь нет$/, 'There is no such button here'],
  [/^Эта кнопка для другой роли$/, 'This button is for another role'],
  [/^Нужен комментарий$/, 'A comment is needed'],
  [/^Это время уже занято$/, 'This time is taken'],
  [/^Время записи неизвестно$/, 'The time of the booking is not known'],
  [/^Номер не выдан$/, 'No number was given'],
  [/^У карточки нет машины$/, 'The card has no vehicle'],
  [/^Больше 20 автоматических переходов подряд$/, 'More than 20 automatic moves in a row'],
  [/^Срок уже прошёл, напоминать поздно$/, 'Its time has passed, it is late to remind'],
  [/^Готово$/, 'Done'],
  [/^Ознакомлен$/, 'Acknowledged'],
  [/^Беру$/, 'I take it'],
  [/^Разобрано$/, 'Sorted out'],
  [/^Проверить зависшую сделку$/, 'Check a stuck deal'],
]

/** Pure. Words of the definitions, or of the engine about them, in English; others as they are. */
function translated(words: string, english: English): string {
  const known = english.get(words)
  if (known !== undefined) return known.text
  if (words.includes('\n'))
    return words
      .split('\n')
      .map((line) => translated(line, english))
      .join('\n')
  for (const [pattern, said] of SENTENCES) {
    const found = pattern.exec(words)
    if (found === null) continue
    return said.replace(/\{(\d)\}/g, (_whole, at: string) =>
      (found[Number(at)] ?? '')
        .split(', ')
        .map((part) => translated(part, english))
        .join(', '),
    )
  }
  return words
}

/** Pure. An answer of these routes with everything that the definitions have said in English. */
export function inEnglish(answer: unknown, english: English, isSaid = false): unknown {
  if (typeof answer === 'string') return isSaid ? translated(answer, english) : answer
  if (Array.isArray(answer)) return answer.map((item) => inEnglish(item, english, isSaid))
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(
    Object.entries(answer).map(([key, value]) => [key, inEnglish(value, english, SAID.has(key))]),
  )
}
