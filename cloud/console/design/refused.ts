import { notifications } from '@mantine/notifications'
import { useWords } from '../language/language.ts'
import { refusalWords } from '../language/problem-words.ts'

/** For a button without a form of its own: says that the press came to nothing, and why. Goes into `mutate` as `onError`. */
export function useRefused(): (error: unknown) => void {
  const { t } = useWords()
  return (error) => {
    notifications.show({ color: 'red', autoClose: 15_000, message: refusalWords(error, t) })
  }
}
