// The data of a product that has started once on an empty folder: made by a real first start, kept for half an hour and
// copied for each test. Otherwise every test would wait for initdb and for thirty days of history.

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const results = fileURLToPath(new URL('results/', import.meta.url));
const KEPT = join(results, 'first-start');
/** The history ends at the first start, and pages say how long ago that was. */
const KEPT_MS = 30 * 60_000;

/** Copies what was kept of this program to `data`; false where there is nothing that still holds. */
export async function copyFirstStart(program, data) {
  const kept = await readFile(join(KEPT, 'program'), 'utf8').catch(() => null);
  if (kept !== (await nameOf(program))) return false;
  const { mtimeMs } = await stat(join(KEPT, 'program'));
  if (Date.now() - mtimeMs > KEPT_MS) return false;
  await copy(join(KEPT, 'data'), data);
  return true;
}

/** Keeps a copy of the data of a stopped product. */
export async function keepFirstStart(program, data) {
  await mkdir(results, { recursive: true });
  const made = await mkdtemp(join(results, 'first-start-'));
  await copy(data, join(made, 'data'));
  await writeFile(join(made, 'program'), await nameOf(program));
  await rm(KEPT, { recursive: true, force: true });
  // Another test file may have kept its own meanwhile, which is as good.
  await rename(made, KEPT).catch(() => rm(made, { recursive: true, force: true }));
}

/** Another build may make other data. */
async function nameOf(program) {
  const { mtimeMs, size } = await stat(program);
  return `${program} ${mtimeMs} ${size}`;
}

/** With owners and rights: Postgres takes no folder of somebody else's. */
const copy = (from, to) => promisify(execFile)('cp', ['-a', from, to]);
