/** The few pages that the web host makes itself. Plain HTML: the Content-Security-Policy allows nothing inline. */

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">${head}
<title>${title}</title></head>
<body><h1>${title}</h1>
${body}
</body></html>
`;
}

/** For whom comes without a cookie, or with a token that is wrong or was used. */
export const NO_ENTRY_PAGE = page(
  'nbdscope: this link does not open the window',
  `<p>The link that nbdscope prints works once, in one browser. To get in:</p>
<ul>
<li>in the browser where it was opened first, open the same address without what follows the <code>?</code>;</li>
<li>anywhere else, end nbdscope in its terminal (Ctrl-C), start it again with <code>--no-open</code> and open the link it
prints.</li>
</ul>`,
);

/**
 * Leads on to the window. A redirect would still count as coming from the page that held the link, and a
 * SameSite=Strict cookie would stay behind; from this page it goes along.
 */
export const COME_IN_PAGE = page(
  'nbdscope',
  '<p><a href="/">Open the window</a></p>',
  '<meta http-equiv="refresh" content="0;url=/">',
);

export const NOT_BUILT_PAGE = page(
  'nbdscope: the window is not built',
  '<p>Run <code>npm run build</code> in the clone and load this page again.</p>',
);
