/** Runs tasks one after the other, so that a start never meets a stop half way. */
export function inTurn(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const next = last.then(task);
    // Whoever asked for the task sees its error; the one behind only waits for its end.
    last = next.catch(() => undefined);
    return next;
  };
}
