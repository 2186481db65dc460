import type { RunView } from "@oroboros/slot-contract";

export const RUN = "0b6c6e6e-6d4e-4a43-9d4f-0a4f4b1a5c11";
export const NOW = "2026-11-20T12:00:00.000Z";

/** A run as the api shows it. */
export const run = (fields: object = {}): object =>
  ({
    run_id: RUN,
    title: "Let tasks have a priority",
    prompt: "",
    branch: "feature/priorities",
    commit_sha: null,
    created_by: null,
    principal: null,
    parent_run_id: null,
    route: null,
    page_title: null,
    element_hint: null,
    note: null,
    metadata: null,
    status: "queued",
    failure_reason_code: null,
    failure_message: null,
    queue_reason: null,
    queue_position: null,
    slot_id: null,
    frontend_url: null,
    backend_url: null,
    created_at: NOW,
    updated_at: NOW,
    ...fields,
  }) satisfies object as RunView;
