import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { ClaimGrant, type ClaimRequest } from '#contract/provisioning.ts'

export type ClaimClient = {
  /** Exchanges a claim code for an identity. Throws `ClaimRefused` with the cloud's own words; a code works once. */
  claim(request: ClaimRequest): Promise<ClaimGrant>
}

/** The cloud answered, and the answer is no: the same question would get it again. */
export class ClaimRefused extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ClaimRefused'
  }
}

const PATH = '/api/gateways/claim'
const TIMEOUT_MS = 30_000
const LONGEST_ANSWER = 256 * 1024

/** Speaks to the cloud over HTTP; `caPem` for an installation whose HTTPS certificate is its own. */
export function createClaimClient(cloud: { readonly cloudUrl: string; readonly caPem?: string }): ClaimClient {
  return {
    claim: async (body) => ClaimGrant.parse(await postJson(new URL(PATH, cloud.cloudUrl), body, cloud.caPem)),
  }
}

/** The cloud's JSON answer. Throws `ClaimRefused` with its own words, or an Error when it could not answer. */
export async function postJson(url: URL, body: object, caPem: string | undefined): Promise<unknown> {
  const answer = await post(url, JSON.stringify(body), caPem)
  if (answer.status >= 500) throw new Error(`the cloud could not answer the claim: ${answer.status}`)
  if (answer.status < 200 || answer.status >= 300)
    throw new ClaimRefused(`the cloud refused the claim: ${answer.status} ${problemOf(answer.text)}`)
  return JSON.parse(answer.text)
}

type Answer = { readonly status: number; readonly text: string }

function post(url: URL, body: string, caPem: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
        timeout: TIMEOUT_MS,
        ...(caPem === undefined ? {} : { ca: caPem }),
      },
      (response) => {
        const parts: Buffer[] = []
        let length = 0
        response.on('data', (part: Buffer) => {
          length += part.length
          if (length > LONGEST_ANSWER) sent.destroy(new Error('the answer is too long'))
          parts.push(part)
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
        )
        response.on('error', reject)
      },
    )
    sent.on('timeout', () => sent.destroy(new Error(`no answer from ${url.origin} within ${TIMEOUT_MS / 1000} s`)))
    sent.on('error', reject)
    sent.end(body)
  })
}

/** The title and detail of an RFC 9457 problem, or the beginning of whatever else came. */
function problemOf(text: string): string {
  try {
    const problem: unknown = JSON.parse(text)
    if (typeof problem === 'object' && problem !== null && 'title' in problem)
      return 'detail' in problem && problem.detail ? `${problem.title}: ${problem.detail}` : String(problem.title)
  } catch {
    // Not a problem document: shown as it came.
  }
  return text.slice(0, 200)
}
