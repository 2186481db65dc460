import { expect, test } from "vitest";
import { vanishedUnits } from "./vanished-units.ts";

test("what goes with a slot is stopped: its socket and surface, its backend, every step of it", () => {
  const files = [
    "ouroboros-web@preview4.socket",
    "ouroboros-preview-backend@preview4.service.d/slot.conf",
    "ouroboros-step-@preview4.service.d/slot.conf",
    "ouroboros-purge@preview4.service.d/slot.conf",
  ].map((name) => `/etc/systemd/system/${name}`);
  expect(vanishedUnits([...files, "/etc/oroboros/web-preview4.env"])).toEqual([
    "ouroboros-preview-backend@preview4.service",
    "ouroboros-purge@preview4.service",
    "ouroboros-step-*@preview4.service",
    "ouroboros-web@preview4.service",
    "ouroboros-web@preview4.socket",
  ]);
});

test("of a template that goes every instance is stopped, and of another prefix its own", () => {
  const files = ["/etc/systemd/system/old-web@.service", "/etc/systemd/system/old.target"];
  expect(vanishedUnits(files)).toEqual(["old-web@*.service", "old.target"]);
});
