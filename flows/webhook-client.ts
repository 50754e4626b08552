export type WebhookOptions = { readonly url: string; readonly token: string | undefined; readonly timeoutMs?: number }

/**
 * POSTs JSON to the endpoint. Resolves on any 2xx and rejects on everything else with the reason. The key goes along as
 * Idempotency-Key, so that an endpoint that stored it but whose answer was lost can drop the repetition.
 */
export const createWebhookClient = ({ url, token, timeoutMs = 15_000 }: WebhookOptions) => ({
  async post(key: string, body: string, stop: AbortSignal): Promise<void> {
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': key,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
      redirect: 'error',
      signal: AbortSignal.any([stop, AbortSignal.timeout(timeoutMs)]),
    })
    await answer.body?.cancel()
    if (!answer.ok) throw new Error(`the endpoint answered ${answer.status}`)
  },
})
export type WebhookClient = ReturnType<typeof createWebhookClient>
