import { useEffect } from 'react'

/** What floats above the page: focus in there does not say where the person was before. */
const ABOVE = '[role=dialog], [role=menu], [role=listbox], [data-portal]'

const holdsDialog = (node: Node): boolean =>
  node instanceof Element && (node.matches('[role=dialog]') || node.querySelector('[role=dialog]') !== null)

/** Gives the focus back to where it was before a dialog opened; dialogs leave the page with it, and Tab would begin at the top. */
export function useFocusReturn(): void {
  useEffect(() => {
    let before: HTMLElement | null = null
    const note = ({ target }: FocusEvent): void => {
      if (target instanceof HTMLElement && target.closest(ABOVE) === null) before = target
    }
    const giveBack = (): void => {
      if (document.activeElement === document.body && before?.isConnected === true)
        before.focus({ preventScroll: true })
    }
    const watcher = new MutationObserver((changes) => {
      // A dialog that makes way for the next one has already lost the focus to it by then.
      if (changes.some(({ removedNodes }) => [...removedNodes].some(holdsDialog)))
        window.requestAnimationFrame(giveBack)
    })
    document.addEventListener('focusin', note)
    watcher.observe(document.body, { childList: true, subtree: true })
    return () => {
      document.removeEventListener('focusin', note)
      watcher.disconnect()
    }
  }, [])
}
