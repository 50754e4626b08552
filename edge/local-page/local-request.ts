/** One request to the gateway's own server, its body read whole. */
export type LocalRequest = {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: string
}

export type LocalAnswer = { readonly status: number; readonly type: string; readonly body: string }

/**
 * One address of the gateway's own server. `where`: `page` is answered on the TCP port and on the socket, `socket` only
 * to the user that the service runs as.
 */
export type LocalRoute = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly where: 'page' | 'socket'
  handle(request: LocalRequest): Promise<LocalAnswer> | LocalAnswer
}

export const HTML = 'text/html; charset=utf-8'
export const TEXT = 'text/plain; version=0.0.4; charset=utf-8'

export const json = (value: object, status = 200): LocalAnswer => ({
  status,
  type: 'application/json',
  body: JSON.stringify(value),
})
