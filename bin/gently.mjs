// gently.mjs <file> …: runs it on this runtime behind everything else that wants the processor.
import { constants, setPriority } from 'node:os'
import { runToEnd } from './installation.mjs'

// Children inherit it, so that a program's workers are as patient.
setPriority(constants.priority.PRIORITY_LOW)
process.exit(await runToEnd(process.execPath, process.argv.slice(2)))
