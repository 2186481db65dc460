import type { RuntimeContract } from "@oroboros/slot-contract";
import type { GeneratedFile } from "@oroboros/slot-contract/host";
import { renderInfra } from "../render/render-infra.ts";
import type { HostText } from "./files/host-text.ts";
import { postgresTexts } from "./postgres/postgres-texts.ts";

const ROOT = { uid: 0, gid: 0 };

/** Every text that a host of this contract has from the runtime: what is rendered, and what stands in PostgreSQL's settings. */
export const hostTexts = (contract: RuntimeContract): HostText[] => [
  ...renderInfra(contract).flatMap(installedText),
  ...postgresTexts(contract),
];

/** A rendered file as it is installed; none where it is only committed. */
const installedText = ({ kind, text, installed }: GeneratedFile): HostText[] =>
  installed === null ? [] : [{ kind, text, ...installed, owner: ROOT }];
