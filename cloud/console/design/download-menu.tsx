import { Button, Menu } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** Files that the server makes, by their kinds. `path` is below /api. */
export const DownloadMenu = (props: {
  readonly label: string
  readonly files: readonly { readonly name: string; readonly path: string }[]
}): ReactNode => (
  <Menu position="bottom-end" shadow="md">
    <Menu.Target>
      <Button variant="default" size="xs" leftSection={<IconDownload size={15} />}>
        {props.label}
      </Button>
    </Menu.Target>
    <Menu.Dropdown>
      {props.files.map(({ name, path }) => (
        <Menu.Item key={name} component="a" href={`/api${path}`} download>
          {name}
        </Menu.Item>
      ))}
    </Menu.Dropdown>
  </Menu>
)
