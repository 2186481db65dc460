import { aSequence } from "./a-sequence.ts";
import { clearAway, judgeSchedule } from "./judge-schedule.ts";
import { chooseBy } from "./noted-steps.ts";
import { runSchedule, type Schedule } from "./run-schedule.ts";
import { aScheduledWorld, type ScheduledWorld } from "./scheduled-world.ts";

export interface PlayRequest {
  seed: number;
  schedules: number;
  /** Without it a lease may be lost while something is done under it. */
  isFenced: boolean;
  /** Whether the first promise that is broken is enough. */
  untilBroken: boolean;
}

/** What the schedules of so many seeds have broken, each named by its seed. */
export async function playSchedules({ seed, schedules, untilBroken }: PlayRequest): Promise<string[]> {
  await using world = await aScheduledWorld();
  const broken: string[] = [];
  for (let schedule = 0; schedule < schedules; schedule += 1) {
    if (untilBroken && broken.length > 0) break;
    const promises = await play(world, seed + schedule);
    broken.push(...promises.map((promise) => `seed ${seed + schedule}: ${promise}`));
  }
  return broken;
}

async function play(world: ScheduledWorld, seed: number): Promise<string[]> {
  const below = aSequence(seed);
  chooseBy(below);
  let played: Schedule;
  try {
    played = await runSchedule(world, below);
  } catch (error) {
    throw new Error(`seed ${seed} does not come to its end`, { cause: error });
  }
  const broken = await judgeSchedule(played);
  await clearAway(played);
  return broken;
}
