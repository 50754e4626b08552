/** A form as a browser sends it with files: texts, and files with what they say they are. */
export function multipart(
  parts: Readonly<Record<string, string | { readonly name: string; readonly type: string; readonly text: string }>>,
): { readonly headers: { readonly 'content-type': string }; readonly payload: string } {
  const between = 'kordon-0123456789'
  const lines = Object.entries(parts).flatMap(([field, part]) => [
    `--${between}`,
    ...(typeof part === 'string'
      ? [`content-disposition: form-data; name="${field}"`, '', part]
      : [
          `content-disposition: form-data; name="${field}"; filename="${part.name}"`,
          `content-type: ${part.type}`,
          '',
          part.text,
        ]),
  ])
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${between}` },
    payload: [...lines, `--${between}--`, ''].join('\r\n'),
  }
}
