import { escaped } from '../../markup.ts'
import { shell } from '../inbox/apply-page.ts'
import { TAKEN_TYPES } from './upload.ts'

/** Pure. The page of a link in a letter: one file is asked for, in plain HTML without a script. */
export function uploadPage(address: string, title: string, problem: string | undefined): string {
  const wrong = problem === undefined ? '' : `<p class="wrong" id="file-wrong">${escaped(problem)}</p>`
  const told = problem === undefined ? '' : ' aria-invalid="true" aria-describedby="file-wrong"'
  const body = `<h1>${escaped(title)}</h1><p>Один файл: фотография JPEG, PNG, WebP, документ PDF или DOCX, не больше 12 МБ. После отправки ссылка больше не действует.</p>
<form method="post" action="${escaped(address)}" enctype="multipart/form-data">
<label>Файл<input type="file" name="file" required accept="${TAKEN_TYPES.join(',')}"${told}></label>${wrong}
<button type="submit">Отправить файл</button>
</form>`
  return shell('ru', title, body)
}

/** Pure. What is shown instead of the form: the file is there, or the link leads nowhere. */
export const uploadEnd = (end: 'taken' | 'gone'): string =>
  end === 'taken'
    ? shell('ru', 'Файл получен', '<h1>Файл получен</h1><p>Спасибо! Он уже у того, кто вам писал.</p>')
    : shell(
        'ru',
        'Ссылка не действует',
        '<h1>Ссылка не действует</h1><p>Её срок вышел, или адрес неполный. Ответьте на письмо: пришлём новую.</p>',
      )
