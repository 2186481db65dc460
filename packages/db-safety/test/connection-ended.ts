/** What pg says where the server told it nothing, and where it was told between two statements. */
const WITHOUT_A_CODE = [
  "Connection terminated unexpectedly",
  "Client has encountered a connection error and is not queryable",
];

/**
 * Whether the server ended the connection that `error` came from. A session is told so (57P01, admin_shutdown). One that is ended
 * while it logs in is told nothing, and one that was just sending may find its connection reset before it has read anything.
 */
export const connectionEnded = (error: Error & { code?: string }): boolean =>
  error.code === undefined
    ? WITHOUT_A_CODE.includes(error.message)
    : ["57P01", "ECONNRESET", "EPIPE"].includes(error.code);
