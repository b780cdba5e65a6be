import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** The process that writes to a folder, as the file `.writer` in it says. */
interface Writer {
  readonly pid: number;
  readonly host: string;
  readonly since: string;
  /** Tells two processes of one number apart, where the system says when each was started. */
  readonly start?: string;
}

/** A file `.writer` that is there; without a writer it is not whole. */
interface Found {
  readonly writer?: Writer;
  readonly lastWrite: number;
}

/** No entry's name begins like that. */
const WRITER = '.writer';

/** Whether a process of another host is gone can't be asked: it counts as gone so many milliseconds after its last write. */
const FOREIGN = 600_000;
/** A file is whole at once, unless its process ended just then. */
const WHOLE = 5_000;

/**
 * Makes this process the one writer of a folder: to be called before each write, because anything may have become of the folder since the last.
 *
 * A writer whose process is gone is taken over, and halves of files that it left are removed. Its name goes when a process ends of itself.
 *
 * @throws with `code: 'STORE_IN_USE'` if another process is the writer, naming it
 */
export function claimFolder(folder: string): void {
  const path = join(folder, WRITER);
  // Every round but the last is lost to another process that came or went in between.
  for (let round = 0; round < 10; round++) {
    const found = readWriter(path);
    if (found?.writer && isThis(found.writer)) {
      // Other hosts see by it that this process goes on.
      utimesSync(path, new Date(), new Date());
      return;
    }
    if (found && !isGone(found)) throw inUse(folder, found);
    if (found) rmSync(path, { force: true });
    if (enter(path)) {
      for (const name of readdirSync(folder)) if (name.endsWith('.PART')) rmSync(join(folder, name), { force: true });
      ofProcess().folders.add(folder);
      return;
    }
  }
  throw new Error(`fileStore: writers of ${folder} come and go, expected one at a time`);
}

/** Writes the name of this process; false where somebody else was faster. */
function enter(path: string): boolean {
  const { pid } = process;
  const writer: Writer = { pid, host: hostname(), since: new Date().toISOString(), start: startOf(pid) };
  try {
    // `x`: what is there, a link too, is never written to.
    writeFileSync(path, JSON.stringify(writer), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    // On a full disk, half a name.
    if (codeOf(error) === 'ENOSPC') rmSync(path, { force: true });
    throw error;
  }
}

function readWriter(path: string): Found | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw codeOf(error) === 'ELOOP' ? notRegular(path) : error;
  }
  try {
    const { size, mtimeMs: lastWrite, ...stats } = fstatSync(file);
    if ((stats.mode & constants.S_IFMT) !== constants.S_IFREG) throw notRegular(path);
    return { writer: size < 10_000 ? parsed(readFileSync(file, 'utf8')) : undefined, lastWrite };
  } finally {
    closeSync(file);
  }
}

function parsed(text: string): Writer | undefined {
  try {
    const { pid, host, since, start } = JSON.parse(text) as Partial<Writer>;
    if (!Number.isSafeInteger(pid) || pid! < 1 || typeof host !== 'string') return undefined;
    return { pid: pid!, host, since: String(since), start };
  } catch {
    return undefined;
  }
}

function isThis({ pid, host, start }: Writer): boolean {
  return pid === process.pid && host === hostname() && start === startOf(pid);
}

function isGone({ writer, lastWrite }: Found): boolean {
  const silence = Date.now() - lastWrite;
  if (!writer) return silence > WHOLE;
  if (writer.host !== hostname()) return silence > FOREIGN;
  try {
    process.kill(writer.pid, 0);
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
  return writer.start !== startOf(writer.pid);
}

/** When a process was started, in the system's words; undefined where it has none. */
function startOf(pid: number): string | undefined {
  try {
    // Behind the name, which may hold anything: state, parent, …, and 19 fields on, the time since the system was started.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19];
  } catch {
    return undefined;
  }
}

/**
 * Notes that this process writes to a file, until the function that it returns is called.
 *
 * @throws with `code: 'STORE_IN_USE'` if it does so already
 */
export function beginWriting(path: string): () => void {
  const { files } = ofProcess();
  if (files.has(path)) {
    const problem = `this process (${process.pid}) is writing ${path} already, expected one run at a time`;
    throw Object.assign(new Error(`fileStore: ${problem}`), { code: 'STORE_IN_USE' as const });
  }
  files.add(path);
  return () => {
    files.delete(path);
  };
}

interface OfProcess {
  /** Whose writer it is. */
  readonly folders: Set<string>;
  /** That it is writing. */
  readonly files: Set<string>;
}

/** What this process writes to, whichever stores, and copies of this package, it does so with. At its end, its names go. */
function ofProcess(): OfProcess {
  const known = process as unknown as { [key: symbol]: OfProcess | undefined };
  const key = Symbol.for('@subspace/core: fileStore');
  const found = known[key];
  if (found) return found;
  const made: OfProcess = { folders: new Set(), files: new Set() };
  known[key] = made;
  // A thread may end before its process.
  if (isMainThread) process.once('exit', () => made.folders.forEach(leave));
  return made;
}

function leave(folder: string): void {
  try {
    const path = join(folder, WRITER);
    const writer = readWriter(path)?.writer;
    if (writer && isThis(writer)) rmSync(path, { force: true });
  } catch {
    // The folder is gone, say: then so is the name.
  }
}

function inUse(folder: string, { writer }: Found): Error {
  const who = writer
    ? `process ${writer.pid} on ${writer.host} has been writing since ${writer.since}`
    : 'another process begins to write';
  const cure = `a folder of its own for each run, or its end (if it is gone, remove ${join(folder, WRITER)})`;
  return Object.assign(new Error(`fileStore: ${who} to ${folder}, expected ${cure}`), {
    code: 'STORE_IN_USE' as const,
  });
}

export function notRegular(path: string, problem = 'is a link, a pipe or a folder'): Error {
  const error = new Error(`fileStore: ${path} ${problem}, expected a regular file of its own`);
  return Object.assign(error, { code: 'NOT_A_FILE' as const });
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
