import { readFile } from "node:fs/promises";

/** A TCP connection over IPv4, as the end sees it that asks. */
export interface Connection {
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
}

const ESTABLISHED = "01";
const MAPPED_PREFIX = "0000000000000000FFFF0000";

/**
 * The uid of whoever made the socket at the other end of a loopback connection; undefined where the kernel's tables do not prove it.
 * A socket that was closed still has a row, with uid 0 and no inode, so that only an established row with an inode is believed.
 */
export async function connectionOwner(connection: Connection): Promise<number | undefined> {
  const ours = endpoint(connection.localAddress, connection.localPort);
  const theirs = endpoint(connection.remoteAddress, connection.remotePort);
  if (ours === undefined || theirs === undefined) return undefined;
  const tables = await Promise.all(["/proc/self/net/tcp", "/proc/self/net/tcp6"].map(readOrEmpty));
  const rows = tables.flatMap((table) => table.split("\n")).map(readRow);
  const between = (local: string, remote: string): Row[] =>
    rows.filter((row) => row.local === local && row.remote === remote);
  const [own, ...moreOwn] = between(ours, theirs);
  const [peer, ...morePeers] = between(theirs, ours);
  // Our own end as well: were the pair of ports another connection's by now, ours would not be established.
  if (moreOwn.length > 0 || morePeers.length > 0 || !isOpen(own) || !isOpen(peer)) return undefined;
  return peer.uid;
}

interface Row {
  local: string;
  remote: string;
  state: string;
  uid: number;
  inode: string;
}

/** proc(5): sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode */
function readRow(line: string): Row {
  const [, local = "", remote = "", state = "", , , , uid = "", , inode = ""] = line.trim().split(/\s+/);
  return { local: unmapped(local), remote: unmapped(remote), state, uid: Number.parseInt(uid, 10), inode };
}

function isOpen(row: Row | undefined): row is Row {
  return row?.state === ESTABLISHED && /^[1-9][0-9]*$/.test(row.inode) && Number.isSafeInteger(row.uid);
}

/** An IPv4 connection of an IPv6 socket stands in the other table, by its mapped address (RFC 4291 section 2.5.5.2). */
const unmapped = (address: string): string =>
  address.startsWith(MAPPED_PREFIX) ? address.slice(MAPPED_PREFIX.length) : address;

/** As the tables write an endpoint: the address in the order of a little-endian host, then the port. */
function endpoint(address: string, port: number): string | undefined {
  const bytes = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (bytes === undefined || bytes.some((byte) => byte > 255)) return undefined;
  const hex = bytes.toReversed().map((byte) => byte.toString(16).padStart(2, "0"));
  return `${hex.join("")}:${port.toString(16).padStart(4, "0")}`.toUpperCase();
}

/** A host without IPv6 has no such table. */
async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return "";
  }
}
