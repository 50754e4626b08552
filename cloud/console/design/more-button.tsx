import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useWords } from '../language/language.ts'

type Paged = {
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  readonly fetchNextPage: () => unknown
}

/** The next lines of a list, while there are any. */
export function MoreButton({ of }: { readonly of: Paged }): ReactNode {
  const { t } = useWords()
  if (!of.hasNextPage) return null
  return (
    <Button variant="default" size="xs" mt="sm" loading={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
      {t('app.more')}
    </Button>
  )
}
