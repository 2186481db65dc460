/** A worker that is alive renews its lease every second; one that has not for this long no longer works. */
export const SILENT_SECONDS = 15;
