// Every page, at desktop and phone width, light and dark: errors, policy, width, axe, pictures.
import { audit, check, config, heading, logIn, open, run, settled } from "./browser.mjs";

// Address below /admin/ and the heading that must be there.
const pages = [
  ["overview", "", "Overview"],
  ["messages", "messages", "Messages"],
  ["messages-none", "messages?q=nobody@nowhere.test", "Messages"],
  ["message", `messages/${config.message}`, /Message/],
  ["queue", "queue", "Queue"],
  ["destination", `queue/${encodeURIComponent(config.destination)}`, /./],
  ["log", "log", "Log"],
  ["mailboxes", "mailboxes", "Mailboxes"],
  ["aliases", "mailboxes?tab=aliases", "Mailboxes"],
  ["mailbox", `mailboxes/${encodeURIComponent(config.address)}`, config.address],
  ["limits", "limits", "Limits and bans"],
  ["bans", "limits?tab=bans", "Limits and bans"],
  ["lists", "limits?tab=lists", "Limits and bans"],
  ["domains", "domains", "Domains and DNS"],
  ["domain", `domains/${config.domain}`, config.domain],
  ["certificate", "domains?tab=certificate", "Domains and DNS"],
  ["dmarc", "reports", "Reports"],
  ["tls", "reports?tab=tls&days=365", "Reports"],
  ["sent", "reports?tab=sent", "Reports"],
  ["report", `reports/${config.report}`, /report/i],
  ["doctor", "doctor", "Doctor"],
  ["settings", "settings", "Settings"],
  ["tokens", "tokens", "API tokens"],
  ["account", "account", "Your account"],
  ["nowhere", "nowhere", "There is no such page"],
];

// Contrast is what costs axe most: it is looked at once in each colour.
const all = {};
const contrast = { runOnly: ["color-contrast"] };
const others = { rules: { "color-contrast": { enabled: false } } };

// [size, colours, how a page is reached, what axe looks at]
const rounds = [
  ["desktop", "light", "address", all],
  ["desktop", "dark", "inside", contrast],
  ["phone", "dark", "inside", null],
  ["small", "light", "inside", others],
];

async function show(page, address, how) {
  const url = config.base + address;
  if (how === "address") return page.goto(url);
  return page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, url);
}

await run(async (browser) => {
  for (const [size, scheme, how, rules] of rounds) {
    const begun = Date.now();
    const page = await open(browser, size, scheme);
    await page.goto(config.base);
    await heading(page, "Log in");
    await audit(page, `log-in, ${size}, ${scheme}`, rules);
    await page.screenshot({ path: `${config.shots}/login-${size}-${scheme}.png` });
    await logIn(page);
    for (const [name, address, title] of pages) {
      await show(page, address, how);
      await heading(page, title);
      await settled(page);
      await page.waitForTimeout(50); // charts are drawn once their width is known
      await audit(page, `${name}, ${size}, ${scheme}`, rules);
      const notes = await page.locator("[role=alert]").allInnerTexts();
      check(notes.length === 0, `${name}, ${size}, ${scheme}: says ${notes.join("; ")}`);
      await page.screenshot({ path: `${config.shots}/${name}-${size}-${scheme}.png` });
    }
    await page.context().close();
    console.log(`${size}, ${scheme}: ${pages.length + 1} pages in ${Date.now() - begun} ms`);
  }
});
