import { z } from 'zod'
import { RefusedWord } from '../signer/signer-message.ts'

/** Why a block has not been signed yet: the signer's own word, or that it does not answer. The words are public. */
export const UnsignedBecause = z.enum([...RefusedWord.options, 'signer-unavailable'])
export type UnsignedBecause = z.infer<typeof UnsignedBecause>
