import type { World } from "./world.ts";

const PATIENCE_MS = 1000;
const CLEAR_LINE = "\r\u001B[2K";

/** Lines on stderr about what a command does, and a running time once it has taken over a second. */
export function startProgress(
  command: string,
  { world, isShown }: { world: World; isShown: boolean },
): { tell: (line: string) => void; end: () => void } {
  const { stderr, clock } = world;
  const isTicking = isShown && stderr.isTerminal;
  const startedAt = clock.now();
  const tick = (): void => stderr.write(`${CLEAR_LINE}${command}: ${Math.round((clock.now() - startedAt) / PATIENCE_MS)} s`);
  const timer = isTicking ? setInterval(tick, PATIENCE_MS) : undefined;
  return {
    tell: (line) => {
      if (isShown) stderr.write(`${isTicking ? CLEAR_LINE : ""}${line}\n`);
    },
    end: () => {
      if (timer === undefined) return;
      clearInterval(timer);
      stderr.write(CLEAR_LINE);
    },
  };
}
