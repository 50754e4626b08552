import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Order, OrderStep } from '../api/vehicle.ts'
import { useWords } from '../language/language.ts'
import { secondWords } from '../language/moment.ts'
import classes from './order-panel.module.css'
import { evidenceWords, minuteWords, orderStateWords, proofWords, reasonWords } from './order-words.ts'
import { relayWords } from './vehicle-words.ts'

function Step({ step }: { readonly step: OrderStep }): ReactNode {
  const { t, language } = useWords()
  const evidence = evidenceWords(step.evidence, t, language)
  const reason = reasonWords(step.reason, step.state, t)
  const proof = proofWords(step, t)
  const minute = minuteWords(step, t, language)
  return (
    <li className={classes['step']} data-state={step.state}>
      <span className={classes['at']}>{secondWords(Date.parse(step.at), language)}</span>
      <div>
        <div className={classes['word']}>{orderStateWords(step.state, step.reason, t)}</div>
        {reason !== null && <div>{reason}</div>}
        {step.relay !== null && step.relay !== 'unknown' && (
          <div className="quiet">
            {t('vehicle.relay')}: {relayWords(step.relay, t)}
          </div>
        )}
        {proof !== null && (
          <div className="quiet" data-proof={step.proof?.word}>
            {proof}
          </div>
        )}
        {evidence.length > 0 && (
          <details className={classes['evidence']}>
            <summary>{t('order.evidence')}</summary>
            {evidence.join(' · ')}
            {minute !== null && <div>{minute}</div>}
          </details>
        )}
      </div>
    </li>
  )
}

/** The life of one order, oldest step first. */
export function OrderSteps({ order }: { readonly order: Order }): ReactNode {
  const { t } = useWords()
  const steps = order.steps ?? []
  return (
    <>
      {(order.approvals ?? []).map(({ name, way }) => (
        <Text key={name} size="sm" className="quiet" data-testid="stood-by">
          {t(`governor.stoodBy.${way}`, { name })}
        </Text>
      ))}
      <ol className={classes['steps']}>
        {steps.map((step) => (
          <Step key={`${step.at}-${step.state}-${step.reason ?? ''}`} step={step} />
        ))}
      </ol>
    </>
  )
}
