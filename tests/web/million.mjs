// Every page and the usual searches while very many messages wait: how long until all is shown.
import { check, config, heading, logIn, open, run, settled } from "./browser.mjs";
import { pages, show } from "./pages.mjs";

const millisecondsMax = 1_000;

const searches = [
  ["a whole address of one message", `q=${config.held_recipient}`],
  ["an address that a million have", `q=${config.many_sender}`],
  ["a recipient that nobody has", "to=nobody@nowhere.test"],
  ["a part of an address", "q=customer"],
  ["a part that nobody has", "q=zebra"],
  ["an id", `q=${config.message}`],
  ["what was delivered", "state=delivered"],
  ["what has failed", "state=failed"],
  ["what is held", "state=held"],
  ["what is deferred", "state=deferred"],
  ["the last hour", "hours=1"],
];

const slow = [];

async function time(page, name, action) {
  const begun = Date.now();
  await action();
  await settled(page);
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
  const took = Date.now() - begun;
  console.log(`${String(took).padStart(6)} ms  ${name}`);
  if (took > millisecondsMax) slow.push(`${name}: ${took} ms`);
}

async function arrive(page, address, title) {
  await show(page, address, "inside");
  await heading(page, title);
}

// The list of before stays until the answer is there.
async function search(page, query) {
  const answer = page.waitForResponse((one) => one.url().includes("/api/v1/messages?"));
  await show(page, `messages?${query}`, "inside");
  await answer;
}

async function nextPage(page) {
  const answer = page.waitForResponse((one) => one.url().includes("after="));
  await page.getByRole("button", { name: "Next page" }).click();
  await answer;
}

await run(async (browser) => {
  const page = await open(browser, "desktop", "light");
  await logIn(page);
  await settled(page);
  for (const [name, address, title] of pages) {
    await time(page, name, () => arrive(page, address, title));
  }
  for (const [name, query] of searches) await time(page, name, () => search(page, query));
  await search(page, "");
  for (const which of ["second", "third"]) {
    await time(page, `the ${which} page of all messages`, () => nextPage(page));
  }
  check(slow.length === 0, `slower than ${millisecondsMax} ms: ${slow.join("; ")}`);
});
