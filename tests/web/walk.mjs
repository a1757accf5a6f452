// Every page, at desktop and phone width, light and dark: errors, policy, width, axe, pictures.
import { audit, check, config, heading, logIn, open, run, settled } from "./browser.mjs";
import { pages, show } from "./pages.mjs";

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
