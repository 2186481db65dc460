/** What a slot may take of the server that it shares with its neighbours. A role can undo its own settings; these it can not. */
export interface SlotLimits {
  /** Of one transaction, and of one statement that commits within itself. */
  transactionSeconds: number;
  /** Of a transaction that does nothing. */
  idleSeconds: number;
  /** Of the live database, unless its templates are large themselves. */
  bytes: number;
  /** As many times the largest template a database may be in any case. */
  templateFactor: number;
}

const GIGABYTE = 1024 ** 3;

/** Longer than any migration or seed of ours may take: those are ended by deadlines of their own, which say why. */
export const SLOT_LIMITS: SlotLimits = {
  transactionSeconds: 900,
  idleSeconds: 300,
  bytes: 2 * GIGABYTE,
  templateFactor: 10,
};

export const sizeLimit = ({ bytes, templateFactor }: SlotLimits, largestTemplate: number): number =>
  Math.max(bytes, templateFactor * largestTemplate);
