import { OperatorError } from "@oroboros/slot-contract";

/** Each stream holds a connection and a reading of the database every few seconds. */
const OPEN_OF_ONE = 32;
const OPEN_IN_ALL = 256;

export interface StreamLimit {
  /** Counts a stream as open until what is returned is called. @throws OperatorError `rate_limited` */
  open(principal: string): () => void;
}

/** How many streams may be open at once: 32 of each principal, and 256 in all. */
export function limitStreams(): StreamLimit {
  const open = new Map<string, number>();
  let total = 0;
  const count = (principal: string, change: 1 | -1): void => {
    const left = (open.get(principal) ?? 0) + change;
    total += change;
    if (left === 0) open.delete(principal);
    else open.set(principal, left);
  };
  return {
    open: (principal) => {
      if ((open.get(principal) ?? 0) >= OPEN_OF_ONE) throw tooMany(`${principal} has ${OPEN_OF_ONE} streams open`);
      if (total >= OPEN_IN_ALL) throw tooMany(`${OPEN_IN_ALL} streams are open`);
      count(principal, 1);
      let isOpen = true;
      return () => {
        if (isOpen) count(principal, -1);
        isOpen = false;
      };
    },
  };
}

const tooMany = (what: string): OperatorError =>
  new OperatorError("rate_limited", `${what}, which is as many as the api keeps.`, {
    hint: "Close one, or read what there is with ?follow=false or /events.",
  });
