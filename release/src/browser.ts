import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A browser of Chromium's family, where the machine has one. */
export function installedBrowser(): string | undefined {
  return ['chromium', 'chromium-browser', 'google-chrome']
    .map((name) => `/usr/bin/${name}`)
    .find((path) => existsSync(path));
}

/**
 * Runs a module of a folder in a page of its own, served on loopback.
 *
 * @throws what the module threw, and if there is no word within a minute
 */
export async function runInBrowser(browser: string, folder: string, module: string): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'subspace-browser-'));
  let said: (result: string) => void = () => {};
  const result = new Promise<string>((resolve) => {
    said = resolve;
  });
  const page = `<script type="module">
    const tell = (body) => fetch('/result', { method: 'POST', body });
    try {
      await import('./${module}');
      await tell('fine');
    } catch (error) { await tell(String(error?.stack ?? error)); }
  </script>`;
  const server = createServer((request, response) => {
    const path = request.url!.slice(1);
    if (path === 'result') {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        response.end();
        said(Buffer.concat(chunks).toString());
      });
    } else if (path === '') response.setHeader('content-type', 'text/html').end(page);
    else if (/^[\w.-]+$/.test(path) && existsSync(join(folder, path)))
      response.setHeader('content-type', 'text/javascript').end(readFileSync(join(folder, path)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`];
  const child: ChildProcess = spawn(browser, [...flags, url], { stdio: 'ignore' });
  const timer = setTimeout(() => said('nothing within a minute'), 60_000);
  child.on('error', (error) => said(error.message));
  try {
    const answer = await result;
    if (answer !== 'fine') throw new Error(answer);
  } finally {
    clearTimeout(timer);
    await new Promise<void>((resolve) => {
      if (child.exitCode !== null || !child.kill()) resolve();
      else child.on('exit', () => resolve());
    });
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
