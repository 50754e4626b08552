import { z } from 'zod'

/**
 * What became of checking a report's signature. `verified`: by the key of the certificate this installation issued to
 * that very gateway · `unsigned`: none came · `foreign`: by another certificate · `false`: it does not fit the report.
 */
export const ProofWord = z.enum(['verified', 'unsigned', 'foreign', 'false'])
export type ProofWord = z.infer<typeof ProofWord>
