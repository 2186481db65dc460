import { Socket } from "node:net";

/** Far more than anything of what we ask for, and little enough to hold several times. */
const MESSAGE_BYTES = 16 * 1024 * 1024;
/** One byte for the kind and four for the length, which counts itself. See https://www.postgresql.org/docs/current/protocol-overview.html */
const HEADER_BYTES = 5;
const LENGTH_BYTES = 4;

/** The server began a message that is longer than anybody here would hold. */
export class OversizedMessage extends Error {
  override readonly name = "OversizedMessage";
}

/**
 * A socket to a server that sends what a branch lets it send: a single value, or the text of an error, can be a gigabyte, which the
 * driver would collect whole before it hands it on. At the header of such a message the connection ends.
 *
 * Emits {@link OversizedMessage} as its error.
 */
export function boundedSocket(maximum = MESSAGE_BYTES): Socket {
  const socket = new Socket();
  const header = Buffer.alloc(HEADER_BYTES);
  let known = 0;
  let left = 0;
  socket.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length;) {
      if (known < HEADER_BYTES) {
        const taken = chunk.copy(header, known, at);
        known += taken;
        at += taken;
        if (known < HEADER_BYTES) return;
        left = header.readUInt32BE(1) - LENGTH_BYTES;
        if (left > maximum) socket.destroy(new OversizedMessage(`it made the server send ${left} bytes at once`));
      }
      const skipped = Math.min(left, chunk.length - at);
      left -= skipped;
      at += skipped;
      if (left === 0) known = 0;
    }
  });
  return socket;
}
