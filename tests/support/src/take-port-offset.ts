import type { Server } from "node:net";
import { holdName } from "./hold-name.ts";
import { portsInUse } from "./ports-in-use.ts";

/** What a contract adds its port offset to (`usedPorts` of the slot contract, which has a test that this is so). */
export const OFFSET_PORTS = [3100, 8000, 8088, 8090, 8100, 8200, 15_432] as const;
/** So many slots fit behind an offset: `3100 + slot` and `8100 + slot` stay free of everything else. */
export const OFFSET_SLOTS = 9;

// Tests that name an offset themselves, because it is what they are about, stay below; contracts end at 10000.
const FIRST = 1_010;
const LAST = 9_990;
const STEP = 10;

const held = new Map<number, Server>();

/**
 * A port offset that no other test has: neither its ports nor the users that follow from them meet anybody else's, in this
 * process or in another one. It is this process's until it ends, however it ends, or gives it back.
 */
export async function takePortOffset(): Promise<number> {
  for (const offset of portOffsets()) {
    const name = await holdName(`oroboros-test-offset-${offset}`);
    if (name === undefined) continue;
    // Looked at once it is ours: who gave it back a moment ago may have left somebody listening.
    const inUse = portsInUse();
    if (portsOf(offset).some((port) => inUse.has(port))) {
      name.close();
      continue;
    }
    held.set(offset, name);
    return offset;
  }
  throw new Error("Every port offset is taken: are there processes of tests left over?");
}

/** For whoever takes many, once nothing listens on its ports any more. */
export function releasePortOffset(offset: number): void {
  held.get(offset)?.close();
  held.delete(offset);
}

/** Offsets whose ports are all different. */
export function portOffsets(): number[] {
  const used = new Set<number>();
  const offsets: number[] = [];
  for (let offset = FIRST; offset <= LAST; offset += STEP) {
    const ports = portsOf(offset);
    if (ports.some((port) => used.has(port))) continue;
    for (const port of ports) used.add(port);
    offsets.push(offset);
  }
  return offsets;
}

export const portsOf = (offset: number): number[] =>
  OFFSET_PORTS.flatMap((port) => Array.from({ length: OFFSET_SLOTS + 1 }, (_, slot) => port + slot + offset));
