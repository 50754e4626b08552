export type FactValue = string | number | boolean | null | readonly (string | number)[]
export type Values = Readonly<Record<string, FactValue>>
export type FieldView = {
  readonly field: string
  readonly title: string
  readonly type: string
  readonly list: boolean
  readonly value: FactValue
  readonly access: 'write' | 'read'
  readonly next: boolean
  /** What a reference is called. */
  readonly label?: string | null
}
export type Outcome = {
  readonly id: string
  readonly title: string
  readonly need: readonly string[]
  readonly ask: readonly { readonly name: string; readonly type: string }[]
  readonly comment: 'required' | 'optional' | null
}
export type TaskView = {
  readonly id: string
  readonly card: string
  readonly cardNo: number
  readonly pipeline: string
  readonly kind: 'task' | 'ask' | 'acknowledge' | 'take'
  readonly template: string
  readonly title: string
  readonly help: string | null
  readonly assignee: string
  readonly priority: number
  readonly openFrom: string
  readonly dueAt: string
  readonly offline: boolean
  readonly form: readonly FieldView[]
  readonly show: readonly FieldView[]
  readonly outcomes: readonly Outcome[]
}
export type CardItem = {
  readonly id: string
  readonly no: number
  readonly pipeline: string
  readonly stage: string
  readonly enteredAt: string
  readonly createdAt: string
  readonly closedAt: string | null
  readonly responsible: string | null
  readonly fields: Values
}
export type PipelineBrief = {
  readonly id: string
  readonly title: string
  readonly stages: readonly { readonly id: string; readonly title: string; readonly type: 'open' | 'won' | 'lost' }[]
}

/** Pure. An answer has something in it. */
export const isFilled = (value: FactValue | undefined): boolean =>
  value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
