import type { English } from '../desk/in-english.ts'
import { type Sentence, translatedBy } from './sentence.ts'

/** How something is said of definitions: `said` for words of the files, `own` for words of ours. */
export type Speech = {
  readonly said: (words: string) => string
  readonly own: (words: string) => string
}

/** Words of ours about definitions. `{1}`: what stands in the brackets, said as the files say it. */
const WORDS: readonly Sentence[] = [
  // Drawings.
  [/^предел$/, 'limit'],
  [/^по карточке$/, 'by the card'],
  [/^готово: (.+)$/, 'done: {=1}'],
  [/^Конец$/, 'End'],
  [/^иначе$/, 'else'],
  [/^действия$/, 'actions'],
  [/^выбор$/, 'choice'],
  [/^вопрос$/, 'question'],
  [/^ознакомление$/, 'acknowledgement'],
  [/^кто первый$/, 'who is first'],
  [/^ожидание$/, 'wait'],
  [/^напоминание$/, 'reminder'],
  [/^запрос$/, 'call of a port'],
  // Actions, alone and in a row.
  [/^задача (\w+)$/, 'task {=1}'],
  [/^перейти на (\w+)$/, 'move to {=1}'],
  [/^новая карточка (\S+)$/, 'new card {=1}'],
  [/^сообщение (\w+)$/, 'message {=1}'],
  [/^процесс (\w+)$/, 'process {=1}'],
  [/^документ (\w+)$/, 'document {=1}'],
  [/^снять (\w*)$/, 'lift {=1}'],
  [/^заблокировать: (\w+)$/, 'hold: {=1}'],
  [/^событие (\S+)$/, 'event {=1}'],
  [/^записать (.+)$/, 'set {=1}'],
  [/^задача$/, 'task'],
  // Differences.
  [/^Появляется (.+)$/, 'New: {1}'],
  [/^Исчезает (.+)$/, 'Gone: {1}'],
  [/^Меняется (.+)$/, 'Changed: {1}'],
  [/^(.+): было «(.*)», стало «(.*)»$/s, '{1}: was “{2}”, is “{3}”'],
  [/^(.+): добавлено (.+)$/, '{1}: added {,2}'],
  [/^(.+): убрано (.+)$/, '{1}: removed {,2}'],
  [/^воронка «(.+)»$/i, 'pipeline “{1}”'],
  [/^шаг (\S+) процесса «(.+)»$/, 'step {=1} of the process “{2}”'],
  [/^процесс «(.+)»$/, 'process “{1}”'],
  [/^правило «(.+)»$/, 'rule “{1}”'],
  [/^Задача «(.+)»: срок$/, 'Task “{1}”: due'],
  [/^Задача «(.+)»: приоритет$/, 'Task “{1}”: priority'],
  [/^задача «(.+)»$/, 'task “{1}”'],
  [/^результат «(.+)» задачи «(.+)»$/, 'outcome “{1}” of the task “{2}”'],
  [/^Сообщение (\w+)$/, 'Message {=1}'],
  [/^Сообщение (\w+): файл по ссылке больше не просят$/, 'Message {=1}: asks for no file by a link any more'],
  [
    /^Сообщение (\w+): по ссылке просят файл в поле (\S+)$/,
    'Message {=1}: asks by a link for a file for the field {=2}',
  ],
  [/^документ «(.+)»$/, 'document “{1}”'],
  [/^число «(.+)»$/i, 'number “{1}”'],
  [/^роль «(.+)»$/, 'role “{1}”'],
  [/^Показатель «(.+)»: формула$/, 'Figure “{1}”: formula'],
  [/^показатель «(.+)»$/i, 'figure “{1}”'],
  [/^План недели (.+)$/, 'Plan of a week {1}'],
  [/^вид карточек «(.+)»$/, 'kind of cards “{1}”'],
  [/^поле «(.+)» \((.+)\)$/, 'field “{1}” ({2})'],
  [/^Поле «(.+)»: тип$/, 'Field “{1}”: type'],
  [/^этап «(.+)» в воронке «(.+)»$/, 'stage “{1}” of the pipeline “{2}”'],
  [/^Воронка «(.+)»: перемещения$/, 'Pipeline “{1}”: moves'],
  [/^Воронка «(.+)»: начало$/, 'Pipeline “{1}”: start'],
  [/^Этап «(.+)»: название$/, 'Stage “{1}”: title'],
  [/^Этап «(.+)»: куда можно дальше$/, 'Stage “{1}”: where it may go'],
  [/^Этап «(.+)»: нужно при входе$/, 'Stage “{1}”: needed to enter'],
  [/^Этап «(.+)»: нужно при выходе$/, 'Stage “{1}”: needed to leave'],
  [/^Этап «(.+)»: условия входа$/, 'Stage “{1}”: conditions to enter'],
  [/^Этап «(.+)»: условия выхода$/, 'Stage “{1}”: conditions to leave'],
  [/^Этап «(.+)»: предел$/, 'Stage “{1}”: limit'],
  [/^Этап «(.+)»: при входе$/, 'Stage “{1}”: on entry'],
  [/^реакции этапа «(.+)»$/, 'reactions of the stage “{1}”'],
  [/^(.+) по календарю (\w+)$/, '{=1} by the calendar {=2}'],
  [/^на любой этап$/, 'to any stage'],
  [/^по стрелкам и условиям$/, 'along the arrows, past the conditions'],
  [/^только сами$/, 'by themselves only'],
  [/^нет$/, 'none'],
]

/** Pure. The words of this language; without English words of the files those stay as they are. */
export function speechIn(language: 'ru' | 'en', english: English | undefined): Speech {
  if (language === 'ru') return { said: (words) => words, own: (words) => words }
  const said = (words: string): string => english?.get(words)?.text ?? words
  return { said, own: (words) => translatedBy(WORDS, words, said) }
}
