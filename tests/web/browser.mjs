// What the browser tests share: a browser, pages that are watched, log-in, axe, the list of problems.
//
// Each test is called with one argument, JSON: base (…/admin/), browser and libraries (where it is),
// address and password (of an administrator), shots (a folder for pictures), and what it needs
// itself. It prints what it did, then each problem; it ends with 1 when there was any.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const config = JSON.parse(process.argv[2] ?? "{}");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const waitMax = 20_000; // milliseconds; the machine may be busy

const problems = [];
export function problem(text) {
  problems.push(text);
  console.log(`PROBLEM ${text}`);
}

export function check(good, text) {
  if (!good) problem(text);
}

export async function run(test) {
  const browser = await chromium.launch({
    executablePath: config.browser,
    env: { ...process.env, LD_LIBRARY_PATH: config.libraries },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
  try {
    await test(browser);
  } catch (error) {
    problem(String(error?.stack ?? error));
  } finally {
    await browser.close();
  }
  console.log(problems.length ? `${problems.length} problems` : "no problem");
  process.exitCode = problems.length ? 1 : 0;
}

export const sizes = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
  small: { width: 360, height: 640 },
};

// A page whose errors, violations of its policy and requests elsewhere are problems.
export async function open(browser, size, scheme, options = {}) {
  const context = await browser.newContext({
    viewport: sizes[size],
    colorScheme: scheme,
    reducedMotion: "reduce",
    ...options,
  });
  context.setDefaultTimeout(waitMax);
  const page = await context.newPage();
  const where = `${size}, ${scheme}`;
  const expected = options.expected ?? [];
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    const { url } = message.location();
    // Whether there is a session is asked before the log-in, and the answer is no.
    if (url.endsWith("/api/v1/session") && message.text().includes("401")) return;
    if (expected.some((part) => message.text().includes(part))) return;
    problem(`${where}: console: ${message.text()} (${url})`);
  });
  page.on("pageerror", (error) => problem(`${where}: ${error.stack}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(new URL(config.base).origin) && !url.startsWith("data:")) {
      problem(`${where}: a request leaves the server: ${url}`);
    }
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return page;
}

export async function logIn(page, address = config.address, password = config.password) {
  await page.goto(config.base);
  await page.getByLabel("Address").fill(address);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await heading(page, "Overview");
}

export async function heading(page, text) {
  await page.getByRole("heading", { level: 1, name: text }).waitFor();
}

// Nothing is being loaded any more.
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector(".skeleton, .spinner") === null);
}

// Sideways scrolling, and what axe finds. Evaluated from outside: the page's own policy would not
// let a script be added.
export async function audit(page, name, options) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(over <= 0, `${name}: wider than the screen by ${over}`);
  if (!options) return;
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  const found = await page.evaluate(async (options) => {
    const { violations } = await window.axe.run(document, options);
    return violations.map((one) => ({
      impact: one.impact,
      id: one.id,
      nodes: one.nodes
        .slice(0, 3)
        .map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`),
    }));
  }, options);
  for (const one of found) {
    const text = `${name}: axe: ${one.impact}: ${one.id}: ${one.nodes.join("\n    ")}`;
    if (one.impact === "serious" || one.impact === "critical") problem(text);
    else console.log(text);
  }
}
