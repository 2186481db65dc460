/** Beside the operator's page's own. */
export const DOCS_STYLE = `main.docs { display: grid; grid-template-columns: 15rem minmax(0, 1fr); gap: 2rem; align-items: start; }
nav.toc { position: sticky; top: 1rem; max-height: calc(100vh - 2rem); overflow-y: auto; font-size: .9rem; }
nav.toc ul { list-style: none; margin: 0 0 .8rem; padding: 0; } nav.toc a { color: inherit; text-decoration: none; overflow-wrap: anywhere; } nav.toc a:hover { text-decoration: underline; }
nav.toc h2 { font-size: .8125rem; margin: .6rem 0 .2rem; color: var(--muted); }
.docs section { margin: 0 0 1.25rem; scroll-margin-top: 1rem; } .docs h2 { margin-top: 0; font-size: 1.2rem; } .docs h4 { margin: .9rem 0 .3rem; font-size: .875rem; color: var(--muted); font-weight: 550; }
.docs .card h3 { justify-content: flex-start; flex-wrap: wrap; align-items: baseline; } .docs .card h3 code { overflow-wrap: anywhere; font-size: .95rem; }
.method { font: 600 .8125rem/1.5 ui-monospace, "SF Mono", Menlo, monospace; } .role { margin-left: auto; }
.docs td { white-space: normal; overflow-wrap: anywhere; } .docs td:first-child { white-space: nowrap; } .docs pre { overflow-x: auto; margin: .3rem 0; }
.docs .card table { table-layout: fixed; } .docs .card td:first-child { width: 12rem; white-space: normal; } .docs .card td:nth-child(2) { width: 45%; }
.docs details { margin: .5rem 0 0; } .docs summary { cursor: pointer; color: var(--muted); font-size: .875rem; }
@media (max-width: 60rem) { main.docs { grid-template-columns: minmax(0, 1fr); gap: 1rem; } nav.toc { position: static; max-height: none; } nav.toc > div { columns: 9rem; } }
@media (max-width: 44rem) { .docs td:first-child { white-space: normal; } .docs .card td:first-child, .docs .card td:nth-child(2) { width: auto; } .role { margin-left: 0; } }
`;
