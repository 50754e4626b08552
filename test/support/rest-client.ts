/** A signed-in caller of the REST API, as a stranger's script would be. Answers are unparsed JSON. */
export type RestClient = {
  get(path: string): Promise<RestAnswer>
  send(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<RestAnswer>
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads the wire as a stranger does, without our types
export type RestAnswer = { readonly status: number; readonly body: any }

export async function createRestClient(url: string, login: string, password: string): Promise<RestClient> {
  let cookie = ''
  const request = async (method: string, path: string, body?: unknown): Promise<RestAnswer> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookie === '' ? {} : { cookie }),
        origin: url,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(15_000),
    })
    const set = answer.headers.getSetCookie().map((line) => line.split(';')[0])
    if (set.length > 0) cookie = set.join('; ')
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const signedIn = await request('POST', '/api/session', { login, password })
  if (signedIn.status >= 300)
    throw new Error(`sign-in of ${login}: ${signedIn.status} ${JSON.stringify(signedIn.body)}`)
  return { get: (path) => request('GET', path), send: request }
}
