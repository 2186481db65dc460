// Stands in for a program that serves: it is there until it is stopped.
setInterval(() => undefined, 60_000);
