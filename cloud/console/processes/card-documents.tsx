import { Alert, Anchor, Button, FileButton, Group, Menu } from '@mantine/core'
import { IconFilePlus, IconUpload } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { get, post } from '../api/api-client.ts'
import type { Card } from '../api/process.ts'
import { Panel, Quiet } from '../design/page.tsx'
import { QueryView } from '../design/query-view.tsx'
import { useWords } from '../language/language.ts'
import { sinceWords } from '../language/moment.ts'
import { refusalWords } from '../language/problem-words.ts'
import { useNow } from '../live/now.ts'
import { uploadFile } from './card-files.ts'
import { CARDS, cardPath, rereadCards, useCardFiles } from './process-queries.ts'

type Template = { readonly id: string; readonly title: string; readonly missing: readonly string[] }

function Templates({ card }: { readonly card: Card }): ReactNode {
  const { t } = useWords()
  const client = useQueryClient()
  const templates = useQuery({
    queryKey: [CARDS, 'templates', card.id],
    queryFn: async ({ signal }) =>
      (await get<{ items: readonly Template[] }>(`${cardPath(card.id)}/document-templates`, signal)).items,
  })
  const make = useMutation({
    mutationFn: (document: string) => post<null>(`${cardPath(card.id)}/documents/made`, { document }),
    onSettled: () => void rereadCards(client),
  })
  const known = templates.data ?? []
  if (known.length === 0) return null
  return (
    <>
      <Menu position="bottom-end" shadow="md" width={320}>
        <Menu.Target>
          <Button variant="default" size="xs" loading={make.isPending} leftSection={<IconFilePlus size={15} />}>
            {t('process.makeDocument')}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {known.map(({ id, title, missing }) => (
            <Menu.Item key={id} disabled={missing.length > 0} onClick={() => make.mutate(id)}>
              {title}
              {missing.length > 0 && (
                <div className="quiet" style={{ fontSize: '0.75rem' }}>
                  {t('process.documentLacks', { what: missing.join(', ') })}
                </div>
              )}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      {make.isError && (
        <Alert color="red" role="alert" style={{ whiteSpace: 'pre-line' }}>
          {refusalWords(make.error, t)}
        </Alert>
      )}
    </>
  )
}

/** Files of a card: made of templates, uploaded, downloaded. */
export function CardDocuments({ card }: { readonly card: Card }): ReactNode {
  const { t, language } = useWords()
  const now = useNow(60)
  const client = useQueryClient()
  const files = useCardFiles(card.id)
  const add = useMutation({
    mutationFn: (file: File) => uploadFile(card.id, file),
    onSettled: () => void rereadCards(client),
  })
  return (
    <Panel title={t('process.documents')}>
      <QueryView query={files}>
        {(known) =>
          known.length === 0 ? (
            <Quiet>{t('process.noDocuments')}</Quiet>
          ) : (
            <ul style={{ margin: 0, padding: 0, listStyle: 'none' }}>
              {known.map(({ id, name, addedAt, addedBy }) => (
                <li key={id} style={{ marginBottom: 6 }}>
                  <Anchor href={`/api/documents/${id}`} download size="sm" style={{ overflowWrap: 'anywhere' }}>
                    {name}
                  </Anchor>
                  <Quiet>
                    {sinceWords(Date.parse(addedAt), now, language)} · {addedBy}
                  </Quiet>
                </li>
              ))}
            </ul>
          )
        }
      </QueryView>
      {card.work && (
        <Group gap="xs" mt="sm">
          <FileButton
            onChange={(file) => {
              if (file !== null) add.mutate(file)
            }}
            accept="image/jpeg,image/png,image/webp,application/pdf"
          >
            {(props) => (
              <Button
                {...props}
                variant="default"
                size="xs"
                loading={add.isPending}
                leftSection={<IconUpload size={15} />}
              >
                {t('process.upload')}
              </Button>
            )}
          </FileButton>
          <Templates card={card} />
        </Group>
      )}
      {add.isError && (
        <Alert color="red" role="alert" mt="sm">
          {refusalWords(add.error, t)}
        </Alert>
      )}
    </Panel>
  )
}
