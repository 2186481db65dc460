import { constants } from "node:os";

/** As a shell has it: what a program exits with that can not end by the signal which ended what it ran. */
export const signalStatus = (signal: string): number =>
  128 + (Object.entries(constants.signals).find(([name]) => name === signal)?.[1] ?? 0);
