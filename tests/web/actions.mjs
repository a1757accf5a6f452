// What is done by hand: a mailbox's app password, a second factor, a ban; and what is shown when
// something fails or the session has ended.
import { createHmac } from "node:crypto";
import { check, config, heading, logIn, open, run, settled } from "./browser.mjs";

const button = (page, name) => page.getByRole("button", { name, exact: true });
const field = (page, name) => page.getByRole("dialog").getByLabel(name, { exact: true });

// RFC 6238 with SHA-1, six digits, 30 seconds.
function code(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret].map((one) => letters.indexOf(one).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const hash = createHmac("sha1", key).update(counter).digest();
  const at = hash[hash.length - 1] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

async function appPassword(page) {
  await page.goto(`${config.base}mailboxes/${encodeURIComponent(config.address)}`);
  await heading(page, config.address);
  await button(page, "Add").click();
  await field(page, "Device").fill("tablet");
  await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
  await page.getByText("This is shown once.").waitFor();
  const secret = await page.getByRole("dialog").locator("pre").innerText();
  check(secret.length >= 12, "the password is shown");
  await button(page, "I have it").click();
  const row = page.getByRole("row", { name: /tablet/ });
  await row.waitFor();
  check(!(await page.content()).includes(secret), "the password is gone from the page");
  await row.getByRole("button", { name: "Revoke tablet" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("tablet is good for nothing now.").waitFor();
  await row.waitFor({ state: "detached" });
}

async function mailbox(page) {
  await page.goto(`${config.base}mailboxes`);
  await button(page, "Add a mailbox").click();
  await field(page, "Address").fill("not an address@");
  await field(page, "Address").evaluate((input) => {
    input.type = "text"; // so that the server says what is wrong, not the browser
  });
  await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
  const alert = page.getByRole("dialog").getByRole("alert");
  await alert.waitFor();
  check(/Mend what the text names/.test(await alert.innerText()), "a refusal says what to do");
  await field(page, "Address").fill(`helper@${config.domain}`);
  await page.getByRole("dialog").getByText("Administrator", { exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Add" }).click();
  await page.getByText("This is shown once.").waitFor();
  await button(page, "I have it").click();
  await heading(page, `helper@${config.domain}`);
  await page.locator(".page-head").getByText("administrator").waitFor();
}

async function bans(page) {
  await page.goto(`${config.base}limits?tab=bans`);
  await button(page, "Ban a network").click();
  await field(page, "Network").fill("198.51.100.0/24");
  await page.getByRole("dialog").getByRole("button", { name: "Ban" }).click();
  await page.getByText("198.51.100.0/24 is kept out.").waitFor();
  await button(page, "Lift the ban of 198.51.100.0/24").click();
  await page.getByRole("dialog").getByRole("button", { name: "Lift" }).click();
  await page.getByText("1 ban lifted.").waitFor();
}

async function countBeforeRemoval(page) {
  await page.goto(`${config.base}queue/${encodeURIComponent(config.destination)}`);
  await settled(page);
  await button(page, "Remove").click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/cannot be brought back/).waitFor();
  const words = await dialog.getByRole("button", { name: /^Remove/ }).innerText();
  check(/^Remove (\d+ messages)?$/.test(words), `the button says how many: ${words}`);
  await button(page, "Cancel").click();
  await dialog.waitFor({ state: "hidden" });
}

async function failures(page) {
  await page.route("**/api/v1/queue/destinations*", (route) => route.abort());
  await page.goto(`${config.base}queue`);
  const alert = page.getByRole("alert");
  await alert.getByText("The server does not answer").waitFor();
  await page.unroute("**/api/v1/queue/destinations*");
  await alert.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("table", { name: "Destinations" }).waitFor();
  check((await alert.count()) === 0, "what went well again is no longer said to have failed");
}

async function endedSession(page) {
  await page.goto(`${config.base}settings`);
  await heading(page, "Settings");
  await page.context().clearCookies();
  await page.evaluate(() => {
    history.pushState(null, "", "/admin/tokens?from=settings");
    dispatchEvent(new PopStateEvent("popstate"));
  });
  await heading(page, "Log in");
  await page.getByText("Your session has ended.").waitFor();
  await page.getByLabel("Address").fill(config.address);
  await page.getByLabel("Password").fill(config.password);
  await button(page, "Log in").click();
  await heading(page, "API tokens");
}

async function secondFactor(page) {
  await page.goto(`${config.base}account`);
  await button(page, "Set up a second factor").click();
  await page.getByRole("img", { name: "QR code of the second factor" }).waitFor();
  await page.getByText("Type it instead").click();
  const secret = await page.getByRole("dialog").locator("pre").innerText();
  await page.getByLabel("The code it shows now").fill("000000");
  await button(page, "Confirm").click();
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.getByLabel("The code it shows now").fill(code(secret.replaceAll(/\s/g, "")));
  await button(page, "Confirm").click();
  await page.getByRole("dialog", { name: "Recovery codes" }).waitFor();
  const codes = await page.locator(".codes code").allInnerTexts();
  check(codes.length === 10, `there are ten recovery codes: ${codes.length}`);
  await page.screenshot({ path: `${config.shots}/recovery-codes.png` });
  await button(page, "I have them").click();
  await page.getByText("10 recovery codes left.").waitFor();
  await page.locator("main").getByRole("button", { name: "Log out" }).click();
  await heading(page, "Log in");
  await page.getByLabel("Address").fill(config.address);
  await page.getByLabel("Password").fill(config.password);
  await button(page, "Log in").click();
  await heading(page, "Second factor");
  await page.getByLabel("Code").fill(codes[0] ?? "");
  await button(page, "Continue").click();
  await heading(page, "Your account");
  await page.getByText("9 recovery codes left.").waitFor();
}

await run(async (browser) => {
  // Refusals and cut connections are made on purpose here, and the browser logs each.
  const page = await open(browser, "desktop", "light", { expected: ["Failed to load resource"] });
  await logIn(page);
  for (const step of [
    appPassword,
    mailbox,
    bans,
    countBeforeRemoval,
    failures,
    endedSession,
    secondFactor,
  ]) {
    await step(page);
    console.log(`done: ${step.name}`);
  }
});
