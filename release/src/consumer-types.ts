import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import ts from 'typescript';

/**
 * Type-checks files of an installed project as a strict consumer's compiler would, with `lib: ["es2022"]` and declarations checked too.
 *
 * Errors inside declarations of third parties are left out: TensorFlow.js' need the DOM's types and Observable Plot's its own
 * neighbours'. Ours and the consumer's count; `skipLibCheck` would leave out ours too.
 *
 * @param project the folder of the project; its `@types/node` is used where it is installed
 * @returns one line an error
 */
export function typeErrors(
  project: string,
  files: readonly string[],
  resolution: 'node16' | 'bundler',
): readonly string[] {
  const typeRoot = join(project, 'node_modules', '@types');
  const program = ts.createProgram([...files], {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2022.d.ts'],
    module: resolution === 'node16' ? ts.ModuleKind.Node16 : ts.ModuleKind.ESNext,
    moduleResolution: resolution === 'node16' ? ts.ModuleResolutionKind.Node16 : ts.ModuleResolutionKind.Bundler,
    strict: true,
    esModuleInterop: true,
    noEmit: true,
    types: existsSync(join(typeRoot, 'node')) ? ['node'] : [],
    typeRoots: [typeRoot],
  });
  return ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file === undefined || !isThirdParty(file.fileName))
    .map((diagnostic) =>
      ts.formatDiagnostic(diagnostic, {
        getCanonicalFileName: (x) => x,
        getCurrentDirectory: () => '',
        getNewLine: () => '\n',
      }),
    );
}

function isThirdParty(path: string): boolean {
  const parts = path.split(/[\\/]/).join(sep);
  return parts.includes(`${sep}node_modules${sep}`) && !parts.includes(`${sep}node_modules${sep}@subspace${sep}`);
}
