// What runs below a process, read from /proc. A process is told from a later one with its id by when it started.

import { readdirSync, readFileSync } from 'node:fs';

function stat(pid) {
  try {
    const raw = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = raw.slice(raw.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : { pid, parent: Number(fields[1]), started: fields[19] };
  } catch {
    return null; // it has ended
  }
}

// familyOf lists every process below pid.
export function familyOf(pid) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map((name) => stat(Number(name))).filter(Boolean);
  const family = [];
  const next = [pid];
  while (next.length > 0) {
    const parent = next.pop();
    for (const child of all.filter((p) => p.parent === parent)) {
      family.push(child);
      next.push(child.pid);
    }
  }
  return family;
}

// survivors are those of the family that still run.
export const survivors = (family) => family.filter((p) => stat(p.pid)?.started === p.started);
