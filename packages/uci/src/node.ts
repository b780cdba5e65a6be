/**
 * The results database: for Node.
 *
 * @packageDocumentation
 */

export { type OpenResultsOptions, openResults, type Results, type RunIdentity } from './results/open-results.ts';
