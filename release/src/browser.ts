import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Nothing but the page: no sandbox, which containers lack, and no traffic of the browser's own. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A browser of Chromium's family, where the machine has one. */
export function installedBrowser(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => `/usr/bin/${name}`)
    .find((path) => existsSync(path));
}

export interface PageOptions {
  /** Of every response: what a site says of security. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Runs the module in a worker of the page. */
  readonly worker?: boolean;
}

/**
 * Runs a module of a folder in a page of its own, served on loopback.
 *
 * @returns the module's default export, through JSON
 * @throws what the module threw, and if there is no word within a minute
 */
export async function runInBrowser(
  browser: string,
  folder: string,
  module: string,
  { headers = {}, worker = false }: PageOptions = {},
): Promise<unknown> {
  const profile = mkdtempSync(join(tmpdir(), 'subspace-browser-'));
  let said: (result: string) => void = () => {};
  const result = new Promise<string>((resolve) => {
    said = resolve;
  });
  // Scripts are files, as a content-security policy may demand.
  const scripts: Readonly<Record<string, string>> = {
    'run.mjs': `
      const tell = (said) => fetch('/result', { method: 'POST', body: JSON.stringify(said) });
      try {
        const { default: result = null } = await import('./${module}');
        await tell({ result });
      } catch (error) { await tell({ error: String(error?.stack ?? error) }); }`,
    'run-in-worker.mjs': `new Worker('run.mjs', { type: 'module' });`,
  };
  const page = `<script type="module" src="${worker ? 'run-in-worker.mjs' : 'run.mjs'}"></script>`;
  const server = createServer((request, response) => {
    const path = request.url!.slice(1).split('?')[0];
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (path === 'result') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        said(Buffer.concat(chunks).toString());
      });
    } else if (path === '') response.setHeader('content-type', 'text/html').end(page);
    else if (/^[\w.-]+$/.test(path) && (path in scripts || existsSync(join(folder, path))))
      response.setHeader('content-type', 'text/javascript').end(scripts[path] ?? readFileSync(join(folder, path)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const child: ChildProcess = spawn(browser, [...FLAGS, `--user-data-dir=${profile}`, url], { stdio: 'ignore' });
  const fail = (error: string) => said(JSON.stringify({ error }));
  const timer = setTimeout(() => fail('nothing within a minute'), 60_000);
  child.on('error', (error) => fail(error.message));
  try {
    const answer: { readonly result?: unknown; readonly error?: string } = JSON.parse(await result);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  } finally {
    clearTimeout(timer);
    await new Promise<void>((resolve) => {
      if (child.exitCode !== null || !child.kill()) resolve();
      else child.on('exit', () => resolve());
    });
    server.closeAllConnections();
    server.close();
    // Other processes of the browser may write there for a little longer.
    await rm(profile, { recursive: true, force: true, maxRetries: 20 });
  }
}
