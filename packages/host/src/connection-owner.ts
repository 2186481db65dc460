import { readFile } from "node:fs/promises";

/** A TCP connection over IPv4, as the end sees it that asks. */
export interface Connection {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

const ESTABLISHED = "01";
/** The kernel hands a table out page by page: a row can be left out, or stand twice, where others go away between two pages. */
const READINGS = 4;
/** An IPv4 connection of an IPv6 socket stands in a table of its own, by its mapped address (RFC 4291 section 2.5.5.2). */
const PREFIXES = ["", "0000000000000000FFFF0000"];

/** The kernel's tables of connections, as they are at some moment after each call. */
export interface ConnectionTables {
  readTcp(): Promise<string>;
  readTcp6(): Promise<string>;
}

const KERNEL: ConnectionTables = {
  readTcp: sharedReading("/proc/self/net/tcp"),
  readTcp6: sharedReading("/proc/self/net/tcp6"),
};

/**
 * The uid of whoever made the socket at the other end of a loopback connection; undefined where the kernel's tables do not prove it.
 * A socket that was closed still has a row, with uid 0 and no inode, so that only an established row with an inode is believed.
 */
export async function connectionOwner(
  connection: Connection,
  tables: ConnectionTables = KERNEL,
): Promise<number | undefined> {
  const ours = endpoint(connection.localAddress, connection.localPort);
  const theirs = endpoint(connection.remoteAddress, connection.remotePort);
  if (ours === undefined || theirs === undefined) return undefined;
  for (let reading = 1; reading <= READINGS; reading += 1) {
    const table = await tables.readTcp();
    const own = onlyRow(table, ours, theirs);
    const inTcp = rowsBetween(table, theirs, ours);
    const peers = inTcp.length > 0 ? inTcp : rowsBetween(await tables.readTcp6(), theirs, ours);
    // What the second table says counts only for the connection of the first: ours has to be the same one before and after it.
    const ownAfter = inTcp.length > 0 ? own : onlyRow(await tables.readTcp(), ours, theirs);
    const [peer, ...morePeers] = peers;
    if (own === undefined || ownAfter === undefined || peer === undefined || morePeers.length > 0) continue;
    // Our own end as well: were the pair of ports another connection's by now, ours would not be established.
    const isOurs = isOpen(own) && isOpen(ownAfter) && own.inode === ownAfter.inode;
    return isOurs && isOpen(peer) ? peer.uid : undefined;
  }
  return undefined;
}

interface Row {
  state: string;
  uid: number;
  inode: string;
}

/** Undefined also where there are several, one of them a leftover of the reading. */
function onlyRow(table: string, local: string, remote: string): Row | undefined {
  const [row, ...more] = rowsBetween(table, local, remote);
  return more.length === 0 ? row : undefined;
}

/** proc(5): sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode */
function rowsBetween(table: string, local: string, remote: string): Row[] {
  return PREFIXES.map((prefix) => ` ${prefix}${local} ${prefix}${remote} `).flatMap((pair) =>
    // Found by search: a host can have tens of thousands of rows, which anybody can make.
    positionsOf(pair, table).map((at) => {
      const start = at + pair.length;
      const [state = "", , , , uid = "", , inode = ""] = table.slice(start, start + 200).split(/\s+/);
      return { state, uid: /^\d+$/.test(uid) ? Number(uid) : Number.NaN, inode };
    }),
  );
}

function positionsOf(text: string, within: string): number[] {
  const found: number[] = [];
  for (let at = within.indexOf(text); at !== -1; at = within.indexOf(text, at + 1)) found.push(at);
  return found;
}

function isOpen(row: Row): boolean {
  return row.state === ESTABLISHED && /^[1-9][0-9]*$/.test(row.inode) && Number.isSafeInteger(row.uid);
}

/** As the tables write an endpoint: the address in the order of a little-endian host, then the port. */
function endpoint(address: string, port: number): string | undefined {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (bytes === undefined || bytes.some((byte) => byte > 255)) return undefined;
  const hex = bytes.toReversed().map((byte) => byte.toString(16).padStart(2, "0"));
  return `${hex.join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

/**
 * A table as it is at some moment after the call. The kernel walks all it has for a reading, some ten milliseconds: who asks
 * meanwhile shares the next one, so that many requests at once cost two.
 */
function sharedReading(path: string): () => Promise<string> {
  let current: Promise<string> = Promise.resolve("");
  let next: Promise<string> | undefined;
  return () => {
    next ??= current.then(() => {
      next = undefined;
      current = readOrEmpty(path);
      return current;
    });
    return next;
  };
}

/** A host without IPv6 has no such table. */
async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "latin1");
  } catch {
    return "";
  }
}
