/** Stands in the log before what each process of the backend says, so that one is not taken for the one before. */
export const BACKEND_STARTED = "--- the backend starts ---";
