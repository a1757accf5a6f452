// The main actions without a mouse: log in, search, open a message, release it; where the focus goes.
import { check, config, heading, open, run, settled } from "./browser.mjs";

const focused = (page) =>
  page.evaluate(() => {
    const at = document.activeElement;
    return `${at?.tagName} ${at?.getAttribute("aria-label") ?? at?.textContent?.trim() ?? ""}`;
  });

// Tab until what is focused is like that; a person would not press it more often.
async function tabTo(page, wanted, max = 60) {
  for (let i = 0; i < max; i += 1) {
    await page.keyboard.press("Tab");
    if (wanted.test(await focused(page))) return;
  }
  throw new Error(`Tab does not reach ${wanted}: the focus is at ${await focused(page)}`);
}

// A page has been arrived at when its heading has the focus.
async function arrived(page, title) {
  await heading(page, title);
  try {
    await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  } catch (error) {
    throw new Error(`the heading of ${page.url()} has no focus: ${await focused(page)}`, {
      cause: error,
    });
  }
}

// Where the focus is must be seen: an outline on it, or on the box around it.
async function focusIsSeen(page, what) {
  const seen = await page.evaluate(() => {
    for (let at = document.activeElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).outlineStyle !== "none") return true;
      if (!at.matches("input")) return false;
    }
    return false;
  });
  check(seen, `the focus is not seen on ${what}`);
}

async function logIn(page) {
  await page.goto(config.base);
  await heading(page, "Log in");
  check(/INPUT/.test(await focused(page)), "the first field has the focus");
  await page.keyboard.type(config.address);
  await page.keyboard.press("Tab");
  await page.keyboard.type(config.password);
  await page.keyboard.press("Enter");
  await heading(page, "Overview");
}

async function skipLink(page) {
  await page.evaluate(() => document.activeElement?.blur());
  await page.keyboard.press("Tab");
  check(/Skip to the content/.test(await focused(page)), "Tab begins with the skip link");
  await focusIsSeen(page, "the skip link");
  await page.keyboard.press("Enter");
  check(/^MAIN/.test(await focused(page)), "the skip link leads to the content");
}

async function findAndRelease(page) {
  await page.keyboard.press("/"); // from a page without a search box
  await heading(page, "Messages");
  await page.waitForFunction(() => document.activeElement?.matches("[data-search]"));
  await page.keyboard.type(config.held_recipient);
  await page.getByText("1 message on this page").waitFor();
  await focusIsSeen(page, "the search");
  await tabTo(page, new RegExp(`^A ${config.held_sender.replaceAll(".", "\\.")}`));
  await focusIsSeen(page, "a row's link");
  await page.keyboard.press("Enter");
  await arrived(page, /^Message \S/);
  await settled(page);
  await tabTo(page, /^BUTTON Release$/);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  check(
    await dialog.evaluate((one) => one.contains(document.activeElement)),
    "a question has the focus",
  );
  await dialog.getByText("1 message").waitFor();
  await tabTo(page, /^BUTTON Release$/, 8);
  await page.keyboard.press("Enter");
  await page.getByText("1 message released.").waitFor();
  await dialog.waitFor({ state: "hidden" });
}

async function keys(page) {
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("g"); // a question is open: no key leads away from it
  await page.keyboard.press("q");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await page.keyboard.press("g");
  await page.keyboard.press("q");
  await arrived(page, "Queue");
  check((await page.title()).startsWith("Queue"), "the title names the page");
  await page.goBack();
  await heading(page, /^Message \S/);
}

async function charts(page) {
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await heading(page, "Overview");
  await page.locator(".plot").first().waitFor();
  await tabTo(page, /^DIV Coming in/);
  await page.keyboard.press("ArrowLeft");
  const told = await page.locator(".chart [aria-live]").first().innerText();
  check(/From outside \d/.test(told), `the arrow keys tell a step of a chart: "${told}"`);
  await tabTo(page, /^SUMMARY Show as a table/, 5);
  await page.keyboard.press("Enter");
  await page.locator(".as-table").first().getByRole("row").nth(10).waitFor();
}

await run(async (browser) => {
  const page = await open(browser, "desktop", "light");
  await logIn(page);
  await skipLink(page);
  await findAndRelease(page);
  await keys(page);
  await charts(page);
});
