import { registerHooks } from "node:module";

/** Called in a function's place, with that function before its arguments. */
export type StandIns = Record<string, (real: never, ...args: never[]) => unknown>;

const PLACE = "oroborosStandIns";
const REAL = "?real";

/**
 * Whatever is imported from here on calls what the answer has by then in place of these functions, each named by the URL of its module.
 * There is no way back: only for a process of its own.
 */
export function replaceFunctions(functions: Readonly<Record<string, string>>): StandIns {
  const standIns: StandIns = {};
  Object.assign(globalThis, { [PLACE]: standIns });
  registerHooks({
    load: (url, context, next) => {
      const name = functions[url];
      if (name === undefined) return next(url, context);
      return { format: "module", shortCircuit: true, source: withStandIn(url + REAL, name) };
    },
  });
  return standIns;
}

/** A module that exports what the real one does, but for the function (ECMA-262: a name of its own wins over `export *`). */
const withStandIn = (real: string, name: string): string => `
  import { ${name} as real } from ${JSON.stringify(real)};
  export * from ${JSON.stringify(real)};
  export const ${name} = (...args) => globalThis.${PLACE}.${name}(real, ...args);
`;
