// Every page of the web interface, and the ways there.
import { config } from "./browser.mjs";

// Address below /admin/ and the heading that must be there.
export const pages = [
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

// By its address, as from a bookmark, or from inside, as by a link.
export async function show(page, address, how) {
  const url = config.base + address;
  if (how === "address") return page.goto(url);
  return page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, url);
}
