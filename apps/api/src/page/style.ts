export const STYLE = `:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f5f7, #101216); --surface: light-dark(#fff, #191c22); --line: light-dark(#e1e4ea, #2b303a);
  --text: light-dark(#171a21, #e9ecf2); --muted: light-dark(#5a6272, #9aa3b5); --accent: light-dark(#1f5bff, #7fa3ff);
  --good: light-dark(#1d6b47, #86d5ac); --bad: light-dark(#a81f2d, #ff9aa4); --busy: light-dark(#a1480f, #f4b183);
  font: 15px/1.5 Inter, "Segoe UI", system-ui, sans-serif;
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); }
header { min-height: 3.75rem; display: flex; justify-content: space-between; align-items: center; padding: .75rem 1.25rem; background: var(--surface); border-bottom: 1px solid var(--line); }
main { max-width: 74rem; margin: 0 auto; padding: 1.25rem; }
.brand { font-weight: 650; color: var(--text); text-decoration: none; }
a { color: var(--accent); } a:hover { text-decoration: none; }
h1 { font-size: 1.4rem; line-height: 1.35; margin: .5rem 0; overflow-wrap: anywhere; } h1 .state { vertical-align: middle; } h2 { font-size: 1rem; margin: 1.75rem 0 .6rem; }
.slots { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: .75rem; }
.card, .scroll { background: var(--surface); border: 1px solid var(--line); border-radius: 10px; }
.card { padding: .9rem 1rem; } .card h3 { margin: 0 0 .3rem; font-size: 1rem; display: flex; justify-content: space-between; gap: .5rem; }
.card p { margin: .25rem 0 0; } .scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: .5rem .8rem; white-space: nowrap; vertical-align: top; }
th { font-weight: 550; color: var(--muted); } tr + tr td, thead + tbody td { border-top: 1px solid var(--line); }
td.wide { white-space: normal; min-width: 14rem; } .number { text-align: right; font-variant-numeric: tabular-nums; }
.muted { color: var(--muted); } code, pre { font: .87em/1.5 ui-monospace, "SF Mono", Menlo, monospace; }
.state { white-space: nowrap; font-size: .8125rem; font-weight: 550; padding: .05rem .55rem; border-radius: 99px; color: var(--tone, var(--muted)); background: color-mix(in srgb, var(--tone, var(--muted)) 13%, transparent); }
.good { --tone: var(--good); } .bad { --tone: var(--bad); } .busy { --tone: var(--busy); }
.failure { border-left: 3px solid var(--bad); padding: .2rem 0 .2rem .9rem; } .failure pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: .3rem 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .5rem 0; } dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
button, input { font: inherit; padding: .4rem .8rem; border: 1px solid var(--line); border-radius: 8px; background: var(--surface); color: inherit; }
button.main { background: var(--accent); border-color: var(--accent); color: var(--surface); font-weight: 550; }
.sign-in { display: grid; gap: .6rem; max-width: 28rem; margin: 10vh auto; } .sign-in p { margin: 0; } .problem { color: var(--bad); }
dialog { width: min(60rem, 94vw); max-height: 86vh; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); color: inherit; }
dialog form { display: flex; justify-content: space-between; align-items: center; gap: 1rem; } dialog h2 { margin: 0; } dialog pre { white-space: pre-wrap; overflow-wrap: anywhere; }
dialog::backdrop { background: rgb(0 0 0 / .45); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
@media (max-width: 44rem) {
  table, tbody { display: block; } thead { display: none; }
  tr { display: flex; flex-wrap: wrap; align-items: baseline; gap: .1rem .75rem; padding: .6rem .9rem; }
  tr + tr { border-top: 1px solid var(--line); }
  td, td.wide { padding: 0; border: 0 !important; white-space: normal; overflow-wrap: anywhere; min-width: 0; } td:empty { display: none; }
  td.wide { flex-basis: 100%; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .4rem; }
}
`;
