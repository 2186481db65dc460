type Variables = Readonly<Record<string, string | undefined>>;

const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ", "CI", "TRACE_ID"];

/** What an operator sets so that package managers reach a registry: mirrors, proxies, private authorities, slow resolvers. */
const PACKAGES =
  /^(?:p?npm_config_\w+|(?:https?|no|all)_proxy|node_extra_ca_certs|ssl_cert_(?:file|dir)|requests_ca_bundle|pip_(?:index_url|cert)|res_options)$/i;

/** Variables measured to run code or write files in the programs that see them. */
const EXECUTES = [
  /^NODE_(?:OPTIONS|PATH|V8_COVERAGE|REPL_EXTERNAL_MODULE)$/,
  /^LD_/,
  /^(?:BASH_ENV|ENV|BASH_FUNC_.*|SHELLOPTS|PS4|PROMPT_COMMAND)$/,
  /^PERL5/,
  /^PYTHON(?:STARTUP|PATH|HOME|INSPECT)$/,
  /^RUBYOPT$/,
  /^GIT_(?:SSH.*|ASKPASS|EDITOR|SEQUENCE_EDITOR|PAGER|PROXY_COMMAND|EXTERNAL_DIFF|EXEC_PATH|TEMPLATE_DIR|TRACE.*)$/,
  /^GIT_CONFIG(?!_NOSYSTEM$)/,
  /^XDG_CONFIG_(?:HOME|DIRS)$/,
  /^p?npm_config_(?:script_shell|node_options|shell|git|pnpmfile|global_pnpmfile|userconfig|globalconfig|init_module)$/i,
  /^PSQLRC$/,
];
/** PostgreSQL's drivers fill from these what a URL leaves out: another target than the URL says. */
const REDIRECTS = /^PG[A-Z]/;
/** Pointing git away from a configuration file takes settings away and adds none. */
const INERT = /^GIT_CONFIG_(?:GLOBAL|SYSTEM)=\/dev\/null$/;

export type ChildEnvironmentOptions = Readonly<{
  /** Where inherited variables come from; only the allowlist is taken. */
  source: Variables;
  /** What the step itself declares. */
  declared: Readonly<Record<string, string>>;
  home: string;
  path?: string;
  /** Pass on package-registry, proxy and certificate settings. */
  packages?: boolean;
}>;

/** What a process that installs packages has to be told to reach its registry here. */
export function packageSettings(source: Variables): Record<string, string> {
  const settings = Object.entries(source).filter(
    ([name, value]) => value !== undefined && PACKAGES.test(name) && !isRefused(name, value),
  );
  return Object.fromEntries(settings) as Record<string, string>;
}

/** A child's environment, built from empty. The blocklist holds against every source, declared variables included. */
export function childEnvironment(options: ChildEnvironmentOptions): Record<string, string> {
  const wanted = (name: string): boolean =>
    INHERITED.includes(name) || (options.packages === true && PACKAGES.test(name));
  const all = {
    ...Object.fromEntries(Object.entries(options.source).filter(([name]) => wanted(name))),
    ...options.declared,
    HOME: options.home,
    ...(options.path === undefined ? {} : { PATH: options.path }),
  };
  return Object.fromEntries(
    Object.entries(all).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !isRefused(entry[0], entry[1]),
    ),
  );
}

const isRefused = (name: string, value: string): boolean =>
  REDIRECTS.test(name) || (EXECUTES.some((pattern) => pattern.test(name)) && !INERT.test(`${name}=${value}`));
