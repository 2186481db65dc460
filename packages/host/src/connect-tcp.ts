import { connect, type Socket } from "node:net";

/** A TCP connection, for whoever speaks a protocol over one. */
export const connectTcp = (port: number, host: string): Socket => connect(port, host);
