export { gateVerdict } from "./gate-verdict.ts";
export type { GatePolicy } from "./gate-verdict.ts";
export { httpProbe } from "./http-probe.ts";
export type { HttpAnswer } from "./http-probe.ts";
export type { Probe, ProbeAnswer } from "./probe.ts";
export { runGate } from "./run-gate.ts";
export type { GateClock, GateOutcome, ProbeReport } from "./run-gate.ts";
export { tcpProbe } from "./tcp-probe.ts";
