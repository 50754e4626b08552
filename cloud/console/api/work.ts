export type PipelineBrief = {
  readonly id: string
  readonly title: string
  readonly stages: readonly { readonly id: string; readonly title: string; readonly type: 'open' | 'won' | 'lost' }[]
}
