import { oursParts } from './ours-part.ts';
import type { Part } from './part.ts';
import { solutionParts } from './solution-parts.ts';
import { spaceParts } from './space-parts.ts';

/** All parts, in the order of the page. */
export const parts: readonly Part[] = [...solutionParts, ...spaceParts, ...oursParts];
