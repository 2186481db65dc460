/** The page before it knows a token: everything with data in it comes as a fragment. */
export const SHELL = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Oroboros</title>
    <link rel="stylesheet" href="/ui/style.css">
    <script src="/ui/script.js" defer></script>
  </head>
  <body>
    <header><a class="brand" href="/#/">Oroboros</a><button id="forget" type="button" hidden>Forget token</button></header>
    <main id="content" aria-live="polite"></main>
    <dialog id="artifact" aria-labelledby="artifact-title">
      <form method="dialog"><h2 id="artifact-title"></h2><button>Close</button></form>
      <pre id="artifact-text"></pre>
    </dialog>
    <template id="sign-in">
      <form class="sign-in">
        <h1>Operator's page</h1>
        <p>It needs an API token. Make one on the host with</p>
        <p><code>oroboros token create --role operator --label me</code></p>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="off" required>
        <button class="main">Open</button>
        <p class="problem" role="alert" hidden></p>
      </form>
    </template>
    <noscript><p>This page signs in by a script, which needs JavaScript. Without it, use: oroboros runs list</p></noscript>
  </body>
</html>
`;
