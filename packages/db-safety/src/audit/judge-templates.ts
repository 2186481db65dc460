import { TEMPLATE_ROLE, templateDatabase } from "@oroboros/slot-contract";
import { readContentMarker } from "../marker.ts";
import { databaseNamed, foreignGrants, type ClaimedReset, type Finding } from "./finding.ts";
import type { DatabaseFacts, ServerFacts } from "./observe-databases.ts";

const ALLOWED = ["CONNECT", "CREATE", "TEMPORARY"].map((right) => `${TEMPLATE_ROLE} ${right}`);

/** The templates that databases were made from, as far as they are still there: one that nobody needs any more goes. */
export function judgeTemplates(server: ServerFacts, resets: readonly ClaimedReset[]): Finding[] {
  const claimed = new Map<string, ClaimedReset>();
  for (const reset of resets) if (reset.templateHash !== null) claimed.set(reset.templateHash, reset);
  return [...claimed.values()].flatMap((reset) => {
    const template = databaseNamed(server, templateDatabase(reset.templateHash ?? ""));
    // Until it is sealed, it is being made.
    return template === undefined || !template.isTemplate ? [] : judgeTemplate(template, reset);
  });
}

function judgeTemplate(template: DatabaseFacts, reset: ClaimedReset): Finding[] {
  const { name } = template;
  const found = (message: string): Finding => ({
    code: "template_wrong",
    slot: null,
    subject: name,
    message,
    hint: `Find out who changed it. As the superuser: alter database ${name} is_template false; drop database ${name}; the next reset makes it anew.`,
  });
  const content = readContentMarker("template", template.comment);
  const problems = [
    ...(content?.templateHash === reset.templateHash ? [] : ["does not say that it is complete, or says another hash"]),
    ...(content !== undefined && content.contentFingerprint !== reset.contentFingerprint
      ? [`has other content than reset ${reset.resetId} was recorded with`]
      : []),
    ...(template.allowsConnections ? ["lets sessions in"] : []),
  ];
  return [
    ...(problems.length === 0 ? [] : [found(`Template ${name} ${problems.join(", and ")}.`)]),
    ...foreignGrants(template, { slot: null, allowed: ALLOWED }),
  ];
}
