import ts from 'typescript';

/** A `ts` block of a README, as a module of either kind. */
export interface ReadmeExample {
  /** As it stands. */
  readonly module: string;
  /** Its imports, and the rest in an async function that is called: CommonJS has no top-level `await`, and no `import.meta`. */
  readonly commonJs: string;
  /** Of the file of a worker, which another example starts: its name without the ending. */
  readonly worker?: string;
}

/** The `ts` blocks of a README. One whose first line is `// name.worker.mjs` is the file of a worker. */
export function readmeExamples(readme: string): readonly ReadmeExample[] {
  return [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code]) => {
    const statements = ts.createSourceFile('example.ts', code, ts.ScriptTarget.ES2022).statements;
    const text = (wanted: boolean) =>
      statements
        .filter((statement) => ts.isImportDeclaration(statement) === wanted)
        .map((statement) => code.slice(statement.pos, statement.end))
        .join('')
        .replaceAll('import.meta.url', '"file://" + __filename')
        .replaceAll(".worker.mjs'", ".worker.cjs'");
    return {
      module: `${code}\nexport {};\n`,
      commonJs: `${text(true)}\nexport const example: Promise<void> = (async () => {${text(false)}\n})();\n`,
      worker: /^\/\/ (\S+\.worker)\.mjs\n/.exec(code)?.[1],
    };
  });
}

/** What a README tells the reader to install. */
export function readmeInstalls(readme: string): readonly string[] {
  const lines = [...readme.matchAll(/^npm install ([^#\n]+)/gm)];
  if (lines.length === 0) throw new Error('the README has no `npm install` line');
  return lines.flatMap(([, names]) => names.trim().split(/\s+/));
}

/** TypeScript to JavaScript with nothing but the types taken off, as an ES module or CommonJS. */
export function javaScript(code: string, kind: 'module' | 'commonJs'): string {
  const module = kind === 'module' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS;
  return ts.transpileModule(code, {
    compilerOptions: { module, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
  }).outputText;
}
