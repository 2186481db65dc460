import type { CommandContext } from "./command.ts";
import type { World } from "./world.ts";

const PATIENCE_MS = 1000;
const CLEAR_LINE = "\r\u001B[2K";

/** Lines on stderr about what a command does, and a running time once it has taken over a second. */
export function startProgress(
  command: string,
  { world, isShown }: { world: World; isShown: boolean },
): { tell: CommandContext["progress"]; clear: () => void; end: () => void } {
  const { stderr, clock } = world;
  const startedAt = clock.now();
  let ticking = "";
  const tick = (): void => {
    stderr.write(`${ticking}${command}: ${Math.round((clock.now() - startedAt) / PATIENCE_MS)} s`);
    ticking = CLEAR_LINE;
  };
  const clear = (): void => {
    stderr.write(ticking);
    ticking = "";
  };
  const timer = isShown && stderr.isTerminal ? setInterval(tick, PATIENCE_MS) : undefined;
  return {
    clear,
    tell: (line, to) => {
      clear();
      if (isShown || to === "everybody") stderr.write(`${line}\n`);
    },
    end: () => {
      clearInterval(timer);
      clear();
    },
  };
}
